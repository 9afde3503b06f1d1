package identity

import "encoding/hex"

// Fingerprint names the key without giving anything of it away, so that the
// database can say which key its identifiers are sealed with.
func (k *Key) Fingerprint() string { return hex.EncodeToString(k.fingerprint) }
