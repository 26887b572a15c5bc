package diff

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net"
	"slices"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diff/fields"
)

const (
	longestCertificates = 64 << 10 // bytes of a value
	mostCertificates    = 16       // of a value
)

// generatedOf are the differences of certificates that a chart makes each time it is rendered, and of their keys, by their number.
func generatedOf(p *Pair, out []fields.Difference) map[int]bool {
	if !byChart(p.Before) || !byChart(p.After) {
		return nil
	}
	made := map[int]bool{}
	var certificates [2][]*x509.Certificate
	for i, d := range out {
		from, to := certificatesIn(pemOf(p, &d, d.From)), certificatesIn(pemOf(p, &d, d.To))
		if d.Change == fields.Changed && len(from) > 0 && slices.EqualFunc(from, to, madeAgain) {
			made[i] = true
			certificates[0], certificates[1] = append(certificates[0], from...), append(certificates[1], to...)
		}
	}
	if len(made) == 0 {
		return nil
	}
	for i, d := range out {
		if d.Change == fields.Changed && keyOf(pemOf(p, &d, d.From), certificates[0]) && keyOf(pemOf(p, &d, d.To), certificates[1]) {
			made[i] = true
		}
	}
	return made
}

// byChart reports whether a chart made an object.
func byChart(o *Object) bool {
	if o.Deployed == nil {
		return false
	}
	w := o.Deployed.Workload()
	if w == nil && o.Application != nil {
		w = o.Application.Remote
	}
	return w != nil && (w.Kind == catalog.HelmChart || w.Kind == catalog.Catalog)
}

// pemOf is a value of a Secret, or a bundle that an API server gets to trust a webhook; nil when it is neither.
func pemOf(p *Pair, d *fields.Difference, v any) []byte {
	text, ok := v.(string)
	n := len(d.Path)
	if !ok || n == 0 || len(text) > longestCertificates {
		return nil
	}
	secret := p.ofSecret()
	switch {
	case secret && n == 2 && d.Path[0].Key == "stringData":
		return []byte(text)
	case secret && n == 2 && d.Path[0].Key == "data", d.Path[n-1].Key == "caBundle":
		decoded, _ := base64.StdEncoding.DecodeString(text)
		return decoded
	}
	return nil
}

// ofSecret reports whether an object is a Secret of Kubernetes.
func (p *Pair) ofSecret() bool { return p.ID.Group == "" && p.ID.Kind == "Secret" }

// certificatesIn are those of a text that has nothing else.
func certificatesIn(text []byte) []*x509.Certificate {
	var out []*x509.Certificate
	for len(text) > 0 && len(out) < mostCertificates {
		block, rest := pem.Decode(text)
		if block == nil || block.Type != "CERTIFICATE" {
			return nil
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil
		}
		out, text = append(out, c), rest
	}
	return out
}

// madeAgain reports whether a template of a chart has made both certificates, with the same arguments, one soon after the other. Of a certificate
// that somebody has written into a file, and replaced, that is not so.
func madeAgain(a, b *x509.Certificate) bool {
	const soon = 24 * time.Hour
	apart := a.NotBefore.Sub(b.NotBefore).Abs()
	return madeByTemplate(a) && madeByTemplate(b) && apart < soon && lifetime(a) == lifetime(b) && a.IsCA == b.IsCA &&
		a.Subject.String() == b.Subject.String() && a.Issuer.String() == b.Issuer.String() && slices.Equal(a.DNSNames, b.DNSNames) &&
		slices.EqualFunc(a.IPAddresses, b.IPAddresses, net.IP.Equal) && a.SerialNumber.Cmp(b.SerialNumber) != 0
}

// madeByTemplate reports whether a certificate is as genCA, genSelfSignedCert and genSignedCert make it (Masterminds/sprig, crypto.go).
func madeByTemplate(c *x509.Certificate) bool {
	usage := x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature
	if c.IsCA {
		usage |= x509.KeyUsageCertSign
	}
	return c.KeyUsage == usage && slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}) &&
		len(c.Subject.Names) == 1 && c.Subject.CommonName != "" && len(c.Issuer.Names) == 1 && c.SerialNumber.BitLen() <= 128 && lifetime(c)%day == 0
}

const day = 24 * time.Hour

// lifetime is how long a certificate is valid. Templates take the time twice: a second may begin between.
func lifetime(c *x509.Certificate) time.Duration {
	return c.NotAfter.Sub(c.NotBefore) / (2 * time.Second) * (2 * time.Second)
}

// keyOf reports whether a text is the key of one of some certificates.
func keyOf(text []byte, certificates []*x509.Certificate) bool {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "RSA PRIVATE KEY" {
		return false
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	return err == nil && slices.ContainsFunc(certificates, func(c *x509.Certificate) bool {
		public, ok := c.PublicKey.(*rsa.PublicKey)
		return ok && public.Equal(&key.PublicKey)
	})
}
