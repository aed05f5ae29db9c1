package pki

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"hash"
)

var pbkdf2Hashes = map[string]func() hash.Hash{
	"":                    sha1.New, // RFC 8018 A.2: the default
	"1.2.840.113549.2.7":  sha1.New,
	"1.2.840.113549.2.9":  sha256.New,
	"1.2.840.113549.2.11": sha512.New,
}

var aesKeyLengths = map[string]int{
	"2.16.840.1.101.3.4.1.2":  16,
	"2.16.840.1.101.3.4.1.22": 24,
	"2.16.840.1.101.3.4.1.42": 32,
}

// decryptPKCS8 opens an EncryptedPrivateKeyInfo (RFC 5958) under PBES2 with PBKDF2 and
// AES-CBC (RFC 8018 6.2), what `openssl pkcs8 -topk8` and `openssl genpkey -aes256` write.
func decryptPKCS8(der []byte, password string) ([]byte, error) {
	var info encryptedKey
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, fail(Malformed, err, "the encrypted private key is damaged: %v", err)
	}
	if err := checkAlgorithm(info.Algorithm); err != nil {
		return nil, err
	}
	if info.Algorithm.Algorithm.String() != oidPBES2 {
		return nil, fail(UnsupportedEncryption, nil, "the private key is encrypted with %s; convert it: openssl pkcs8 -topk8 -v2 aes256 -in FILE -out NEW", algorithms[info.Algorithm.Algorithm.String()].name)
	}
	block, iv, err := pbes2Cipher(info, password)
	if err != nil {
		return nil, err
	}
	if len(info.Data) == 0 || len(info.Data)%block.BlockSize() != 0 || len(iv) != block.BlockSize() {
		return nil, fail(Malformed, nil, "the encrypted private key is damaged: its length is wrong")
	}
	plain := make([]byte, len(info.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, info.Data)
	return unpad(plain, password)
}

func pbes2Cipher(info encryptedKey, password string) (cipher.Block, []byte, error) {
	damaged := func(err error) error {
		return fail(Malformed, err, "the parameters of the encrypted private key are damaged")
	}
	var params pbes2Params
	if _, err := asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &params); err != nil {
		return nil, nil, damaged(err)
	}
	var kdf pbkdf2Params
	if _, err := asn1.Unmarshal(params.KDF.Parameters.FullBytes, &kdf); err != nil {
		return nil, nil, damaged(err)
	}
	hash, size := pbkdf2Hashes[kdf.PRF.Algorithm.String()], aesKeyLengths[params.Encryption.Algorithm.String()]
	if hash == nil || size == 0 || params.KDF.Algorithm.String() != oidPBKDF2 {
		return nil, nil, damaged(nil)
	}
	key, err := pbkdf2.Key(hash, password, kdf.Salt.Bytes, kdf.Iterations, size)
	if err != nil {
		return nil, nil, damaged(err)
	}
	block, err := aes.NewCipher(key)
	return block, params.Encryption.Parameters.Bytes, err
}

// unpad removes the padding of RFC 8018 6.1.1; a wrong one nearly always means a wrong password.
func unpad(plain []byte, password string) ([]byte, error) {
	n := int(plain[len(plain)-1])
	if n == 0 || n > aes.BlockSize || !bytes.Equal(plain[len(plain)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		if password == "" {
			return nil, fail(WrongPassword, nil, "the private key is encrypted and no password was given")
		}
		return nil, fail(WrongPassword, nil, "the password of the private key is not the one given")
	}
	return plain[:len(plain)-n], nil
}
