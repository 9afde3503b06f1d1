package journey

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeward/internal/config"
	"homeward/internal/problem"
	"homeward/internal/signin"
)

// scripted is an OpenID provider that signs whatever a test has it say: the
// certified one of the other tests never says what is wrong here.
type scripted struct {
	*httptest.Server
	key      *rsa.PrivateKey
	saysIss  bool
	idClaims claims
}

func newScripted(h *house, saysIss bool) *scripted {
	h.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	h.ok(err)
	p := &scripted{key: key, saysIss: saysIss}
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		said := claims{"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token",
			"jwks_uri":                              p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}}
		if p.saysIss {
			said["authorization_response_iss_parameter_supported"] = true
		}
		answer(w, said)
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		part := func(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
		answer(w, claims{"keys": []claims{{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": part(key.N.Bytes()), "e": part(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, claims{"access_token": "any", "token_type": "Bearer", "id_token": p.sign(h)})
	})
	p.Server = httptest.NewServer(mux)
	h.t.Cleanup(p.Close)
	return p
}

// sign gives the claims as an ID token (RFC 7515, RS256).
func (p *scripted) sign(h *house) string {
	part := func(v any) string {
		b, err := json.Marshal(v)
		h.ok(err)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := part(claims{"alg": "RS256", "kid": "1"}) + "." + part(p.idClaims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	h.ok(err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// TestWorkAccountTokensThatAreNotForUs has a provider sign tokens that are
// sound and were given to somebody else or name nobody, and answers that do not
// say whose they are.
func TestWorkAccountTokensThatAreNotForUs(t *testing.T) {
	for _, try := range []struct {
		name    string
		saysIss bool
		claims  claims
		answer  url.Values
		// want is why it is refused; empty when it is not.
		want string
	}{
		{name: "one audience"},
		{name: "one audience, given to us", claims: claims{"azp": clientID}},
		{name: "several audiences, given to us", claims: claims{"aud": []string{clientID, "other"}, "azp": clientID}},
		{name: "given to another client", claims: claims{"azp": "other"}, want: "azp"},
		{name: "given to no client", claims: claims{"azp": ""}, want: "azp"},
		{name: "several audiences, given to another client", claims: claims{"aud": []string{clientID, "other"}, "azp": "other"}, want: "azp"},
		{name: "several audiences, given to nobody knows whom", claims: claims{"aud": []string{clientID, "other"}}, want: "azp"},
		{name: "for another client", claims: claims{"aud": "other"}, want: "audience"},
		{name: "an empty subject", claims: claims{"sub": ""}, want: "sub"},
		{name: "a blank subject", claims: claims{"sub": " "}, want: "sub"},
		{name: "no subject", claims: claims{"sub": nil}, want: "sub"},
		{name: "an endless subject", claims: claims{"sub": strings.Repeat("x", 256)}, want: "sub"},
		{name: "no issuer where none is promised", answer: url.Values{"iss": nil}},
		{name: "no issuer where one is promised", saysIss: true, answer: url.Values{"iss": nil}, want: "issuer"},
		{name: "the issuer where one is promised", saysIss: true},
		{name: "an empty issuer", answer: url.Values{"iss": {""}}, want: "issuer"},
		{name: "another issuer", answer: url.Values{"iss": {"https://evil.example.org"}}, want: "issuer"},
		{name: "no issuer in a refusal where one is promised", saysIss: true, answer: url.Values{"iss": nil, "error": {"access_denied"}},
			want: "issuer"},
		{name: "two codes", answer: url.Values{"code": {"x", "y"}}, want: "more than once"},
	} {
		t.Run(try.name, func(t *testing.T) {
			h := open(t)
			p := newScripted(h, try.saysIss)
			file := filepath.Join(t.TempDir(), "client-secret")
			h.ok(os.WriteFile(file, []byte(secret), 0o600))
			var err error
			h.service.Work, err = signin.NewWork(config.WorkAccount{Issuer: p.URL, ClientID: clientID, ClientSecretFile: file,
				Address: "https://homeward.example.org", EmailClaim: "email", NameClaim: "name",
				Roles: []config.ClaimRole{{Claim: "groups", Value: "HW-Analysts", Role: "analyst"}}}, nil)
			h.ok(err)
			_, flow, err := h.service.BeginWork(t.Context())
			h.ok(err)
			p.idClaims = claims{"iss": p.URL, "sub": "anne", "aud": clientID, "nonce": flow.Nonce, "iat": h.now.Unix(), "exp": h.now.Unix() + 300,
				"email": email, "email_verified": true, "name": "Anne", "groups": []string{"HW-Analysts"}}
			maps.Copy(p.idClaims, try.claims)
			answer := url.Values{"state": {flow.State}, "code": {"x"}, "iss": {p.URL}}
			for word, said := range try.answer {
				if answer[word] = said; said == nil {
					delete(answer, word)
				}
			}
			in, err := h.service.FinishWork(t.Context(), flow, answer, here)
			if try.want == "" {
				if err != nil || in.Person.Email != email {
					t.Fatalf("refused: %v %+v", err, in)
				}
				return
			}
			h.is(err, problem.Forbidden, "not finished")
			if err == nil || !strings.Contains(err.Error(), try.want) {
				t.Errorf("refused for %v, expected for %s", err, try.want)
			}
			if _, err := h.store.PersonByEmail(t.Context(), email); problem.KindOf(err) != problem.NotFound {
				t.Errorf("an account was made: %v", err)
			}
		})
	}
}
