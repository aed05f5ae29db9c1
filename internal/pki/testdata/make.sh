#!/usr/bin/env bash
# Makes the files of pfx/ and pem/ with OpenSSL 3: one certificate in each encryption that
# exporters use, and in those that must be refused by name (bad-*).
#   bash make.sh "$PWD/pfx"
set -euo pipefail
out=$1
cd "$(mktemp -d)"
ext() { printf "basicConstraints=critical,CA:$1\n"; }
openssl ecparam -name prime256v1 -genkey -noout -out root.key
openssl req -x509 -new -key root.key -subj "/O=Contoso/CN=Contoso Test Root" -days 9000 -out root.crt 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out sub.key
openssl req -new -key sub.key -subj "/O=Contoso/CN=Contoso Test Intermediate" -out sub.csr
openssl x509 -req -in sub.csr -CA root.crt -CAkey root.key -CAcreateserial -days 9000 -extfile <(ext TRUE) -out sub.crt 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out leaf.key
openssl req -new -key leaf.key -subj "/O=Contoso/CN=client 01" -out leaf.csr
openssl x509 -req -in leaf.csr -CA sub.crt -CAkey sub.key -CAcreateserial -days 9000 -extfile <(ext FALSE) -out leaf.crt 2>/dev/null
cat root.crt sub.crt > chain.crt   # the wrong way round
x() { name=$1; shift; openssl pkcs12 -export -inkey leaf.key -in leaf.crt -certfile chain.crt -passout pass:correct-password -out $out/$name.pfx "$@"; }
x rc2-40 -legacy -certpbe PBE-SHA1-RC2-40 -keypbe PBE-SHA1-RC2-40 -macalg sha1
x rc2-128 -legacy -certpbe PBE-SHA1-RC2-128 -keypbe PBE-SHA1-RC2-128 -macalg sha1
x rc2-40-3des -legacy
x 3des -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1
x aes-128 -certpbe AES-128-CBC -keypbe AES-128-CBC
x aes-192 -certpbe AES-192-CBC -keypbe AES-192-CBC
x aes-256
x mac-sha512 -macalg sha512
x one-iteration -noiter -nomaciter
x csp -CSP "Microsoft Enhanced Cryptographic Provider v1.0" -keyex -name "client 01"
openssl pkcs12 -export -inkey leaf.key -in leaf.crt -certfile chain.crt -passout pass: -out $out/empty-password.pfx
openssl pkcs12 -export -inkey leaf.key -in leaf.crt -certfile chain.crt -passout pass: -keypbe NONE -certpbe NONE -nomac -out $out/plain.pfx
x certs-in-clear -certpbe NONE
x bad-mac-sha384 -macalg sha384
x bad-no-mac -nomac
x bad-2des -legacy -certpbe PBE-SHA1-2DES -keypbe PBE-SHA1-2DES
x bad-rc4-128 -legacy -certpbe PBE-SHA1-RC4-128 -keypbe PBE-SHA1-RC4-128
x bad-rc4-40 -legacy -certpbe PBE-SHA1-RC4-40 -keypbe PBE-SHA1-RC4-40
openssl pkcs12 -export -nokeys -in leaf.crt -certfile chain.crt -passout pass:correct-password -out $out/bad-no-key.pfx
openssl pkcs12 -export -nocerts -inkey leaf.key -passout pass:correct-password -out $out/bad-no-certificate.pfx || true
openssl pkcs8 -topk8 -in leaf.key -passout pass:correct-password -out leaf.p8
openssl pkcs8 -topk8 -v2 aes-128-cbc -v2prf hmacWithSHA512 -in leaf.key -passout pass:correct-password -out leaf512.p8
openssl ec -in leaf.key -aes128 -passout pass:correct-password -out leaf.old 2>/dev/null
mkdir -p $out/../pem
cat root.crt leaf.p8 leaf.crt sub.crt > $out/../pem/encrypted-aes-256.pem
cat leaf512.p8 leaf.crt sub.crt root.crt > $out/../pem/encrypted-aes-128-sha512.pem
cat leaf.old leaf.crt > $out/../pem/bad-dek-info.pem
cat leaf.key chain.crt leaf.crt > $out/../pem/sec1.pem
