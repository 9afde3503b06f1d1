package identity

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"

	"homeward/internal/problem"
)

// A sealed file is a head and chunks. The head holds fileMagic, the fingerprint
// of the key and a salt, from which and the key the file's own key is derived.
// Each chunk is chunkSize bytes, the last one fewer, sealed with AES-256-GCM
// under a nonce that counts the chunks and says which is the last: none can be
// left out, moved, repeated or cut off unseen (the STREAM construction of
// Hoang, Reyhanitabar, Rogaway and Vizár).
const (
	fileMagic = "homeward sealed 1\n"
	saltSize  = 32
	chunkSize = 64 << 10
	headSize  = len(fileMagic) + fingerprintSize + saltSize
)

const fingerprintSize = 8

func (k *Key) fileCipher(head []byte) (cipher.AEAD, error) {
	secret, err := hkdf.Key(sha256.New, k.file, head[len(head)-saltSize:], "homeward file", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// fileNonce counts chunks in its first eight bytes; the last byte says which is
// the last.
type fileNonce [12]byte

func (n *fileNonce) next(chunk uint64, last bool) []byte {
	binary.BigEndian.PutUint64(n[:8], chunk)
	n[11] = 0
	if last {
		n[11] = 1
	}
	return n[:]
}

// SealTo gives a writer that seals what is written to it into w. Closing it
// writes what is left and leaves w open; without it the file is cut off.
func (k *Key) SealTo(w io.Writer) (io.WriteCloser, error) {
	head := make([]byte, headSize)
	copy(head, fileMagic)
	copy(head[len(fileMagic):], k.fingerprint)
	rand.Read(head[headSize-saltSize:])
	aead, err := k.fileCipher(head)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(head); err != nil {
		return nil, err
	}
	// Most files are small: its buffers grow to a chunk only where one is filled.
	return &sealer{w: w, aead: aead, head: head}, nil
}

type sealer struct {
	w             io.Writer
	aead          cipher.AEAD
	head          []byte
	plain, sealed []byte
	chunk         uint64
	nonce         fileNonce
	closed        bool
}

func (s *sealer) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if len(s.plain) == chunkSize {
			if err := s.flush(false); err != nil {
				return n, err
			}
		}
		m := min(chunkSize-len(s.plain), len(p))
		s.plain, p, n = append(s.plain, p[:m]...), p[m:], n+m
	}
	return n, nil
}

func (s *sealer) flush(last bool) error {
	s.sealed = s.aead.Seal(s.sealed[:0], s.nonce.next(s.chunk, last), s.plain, s.head)
	s.plain, s.chunk = s.plain[:0], s.chunk+1
	_, err := s.w.Write(s.sealed)
	return err
}

func (s *sealer) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	return s.flush(true)
}

// SealedWith gives the fingerprint of the key that a sealed file's beginning
// names, and whether it is the beginning of one.
func SealedWith(head []byte) (fingerprint string, ok bool) {
	if len(head) < headSize || !bytes.HasPrefix(head, []byte(fileMagic)) {
		return "", false
	}
	return hex.EncodeToString(head[len(fileMagic) : len(fileMagic)+fingerprintSize]), true
}

// SealedHead is how many bytes SealedWith needs.
const SealedHead = headSize

// OpenFrom gives a reader of what SealTo sealed. Its errors are Unavailable:
// another key sealed it, or it was altered or cut off. What was read before an
// error is what was sealed; whether it is whole shows at io.EOF alone.
func (k *Key) OpenFrom(r io.Reader) (io.Reader, error) {
	head := make([]byte, headSize)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, notWhole(err)
	}
	by, ok := SealedWith(head)
	if !ok {
		return nil, notWhole(nil)
	}
	if by != k.Fingerprint() {
		return nil, problem.New(problem.Unavailable,
			"A sealed file could not be opened with this key. Restore the key file that it was sealed with.")
	}
	aead, err := k.fileCipher(head)
	if err != nil {
		return nil, err
	}
	return &opener{r: r, aead: aead, head: head, sealed: make([]byte, chunkSize+aead.Overhead()+1)}, nil
}

func notWhole(err error) error {
	return problem.Wrap(err, problem.Unavailable,
		"A sealed file could not be opened: it is damaged or not whole. Restore it from your backup")
}

type opener struct {
	r      io.Reader
	aead   cipher.AEAD
	head   []byte
	sealed []byte // a chunk and the first byte of the next
	begun  int    // bytes of the next chunk that are in sealed already
	plain  []byte // opened and not handed out yet
	chunk  uint64
	nonce  fileNonce
	last   bool
	err    error
}

func (o *opener) Read(p []byte) (int, error) {
	for len(o.plain) == 0 {
		if o.err != nil {
			return 0, o.err
		}
		if o.last {
			return 0, io.EOF
		}
		o.err = o.fill()
	}
	n := copy(p, o.plain)
	o.plain = o.plain[n:]
	return n, nil
}

// fill opens the next chunk. One byte more is read than a chunk has, because
// the last one is known by nothing coming after it.
func (o *opener) fill() error {
	n, err := io.ReadFull(o.r, o.sealed[o.begun:])
	n += o.begun
	whole := len(o.sealed) - 1
	switch {
	case err == nil:
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		o.last, whole = true, n
	default:
		return notWhole(err)
	}
	plain, err := o.aead.Open(nil, o.nonce.next(o.chunk, o.last), o.sealed[:whole], o.head)
	if err != nil {
		return notWhole(err)
	}
	o.plain, o.chunk = plain, o.chunk+1
	if !o.last {
		o.sealed[0], o.begun = o.sealed[whole], 1
	}
	return nil
}
