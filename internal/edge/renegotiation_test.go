package edge

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// recorded keeps what the server sends, for the random of its hello.
type recorded struct {
	net.Conn
	mu   sync.Mutex
	read []byte
}

func (r *recorded) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.mu.Lock()
	r.read = append(r.read, p[:n]...)
	r.mu.Unlock()
	return n, err
}

// prf is that of TLS 1.2 (RFC 5246 section 5).
func prf(secret []byte, label string, seed []byte, size int) (out []byte) {
	mac := func(parts ...[]byte) []byte {
		h := hmac.New(sha256.New, secret)
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	seed = append([]byte(label), seed...)
	for a := mac(seed); len(out) < size; a = mac(a) {
		out = append(out, mac(a, seed)...)
	}
	return out[:size]
}

// clientRecord encrypts a record of any type as the client's first after its Finished.
func clientRecord(t *testing.T, keylog string, hello []byte, typ byte, payload []byte) []byte {
	t.Helper()
	fields := strings.Fields(keylog)
	if len(fields) != 3 || fields[0] != "CLIENT_RANDOM" || len(hello) < 43 || hello[0] != 22 || hello[5] != 2 {
		t.Fatalf("no keys: %q, %d bytes", keylog, len(hello))
	}
	clientRandom, _ := hex.DecodeString(fields[1])
	master, _ := hex.DecodeString(fields[2])
	block := prf(master, "key expansion", append(append([]byte(nil), hello[11:43]...), clientRandom...), 2*16+2*4)
	aead, err := aes.NewCipher(block[:16])
	if err != nil {
		t.Fatal(err)
	}
	gcm, _ := cipher.NewGCM(aead)
	const sequence = 1
	explicit := make([]byte, 8)
	binary.BigEndian.PutUint64(explicit, sequence)
	nonce := append(append([]byte(nil), block[32:36]...), explicit...)
	extra := append(append([]byte(nil), explicit...), typ, 3, 3, byte(len(payload)>>8), byte(len(payload)))
	sealed := gcm.Seal(explicit, nonce, payload, extra)
	return append([]byte{typ, 3, 3, byte(len(sealed) >> 8), byte(len(sealed))}, sealed...)
}

// TestRenegotiation: a client that begins a second handshake within TLS 1.2 is refused (it is how requests
// were put before others' and how servers were made to work); one that sends a request is served.
func TestRenegotiation(t *testing.T) {
	b := newBench(t, nil)
	const host = "apim.azure-api.net"
	hello := []byte{1, 0, 0, 43, 3, 3}
	hello = append(append(hello, make([]byte, 32)...), 0, 0, 2, 0xc0, 0x2b, 1, 0, 0, 0)
	for _, c := range []struct {
		name    string
		typ     byte
		payload []byte
		served  bool
	}{
		{"a request", 23, fmt.Appendf(nil, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host), true},
		{"a second hello", 22, hello, false},
		{"a hello request", 22, []byte{0, 0, 0, 0}, false},
		{"a change of keys", 20, []byte{1}, false},
	} {
		raw, err := net.Dial("tcp", b.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		raw.SetDeadline(time.Now().Add(10 * time.Second))
		var keys strings.Builder
		tap := &recorded{Conn: raw}
		client := tls.Client(tap, &tls.Config{ServerName: host, RootCAs: b.ca.Pool(), MaxVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
			CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}, KeyLogWriter: &keys})
		if err := client.Handshake(); err != nil {
			t.Fatal(err)
		}
		tap.mu.Lock()
		seen := append([]byte(nil), tap.read...)
		tap.mu.Unlock()
		if _, err := raw.Write(clientRecord(t, keys.String(), seen, c.typ, c.payload)); err != nil {
			t.Fatal(err)
		}
		if !c.served { // what follows a refused handshake is not heard
			io.WriteString(raw, "GET / HTTP/1.1\r\n\r\n")
		}
		answer := make([]byte, 12)
		_, err = io.ReadFull(client, answer)
		if served := strings.HasPrefix(string(answer), "HTTP/1.1 200"); served != c.served || isTimeout(err) || err == nil && !served {
			t.Errorf("%s: %q %v", c.name, answer, err)
		}
	}
}
