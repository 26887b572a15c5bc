package eso

import (
	"slices"
	"strings"
)

// arity is how many arguments a function takes; most is negative where it takes any number.
type arity struct{ least, most int }

// functions are those of the template engine v2 of External Secrets, by how many arguments they take: its own (pkg/template/v2/template.go, later
// runtime/template/v2) and those of sprig without env and expandenv, in all versions from 0.16 to 2.9. rsaDecrypt, getSecretKey and
// pemTruststoreToPKCS12 are there since 0.20, certSANs since 2.2; since 2.3, with a sprig of its own, there is hexdec and no getHostByName, and htpasswd takes a third
// argument. The tests of test/eso hold this list against the engine.
var functions = [...]struct {
	arity
	names string
}{
	{arity{0, 0}, `hello now uuidv4`},
	{arity{0, -1}, `add addf all any cat coalesce concat dict dig keys list quote seq squote tuple`},
	{arity{1, 1}, `add1 add1f adler32sum ago atoi b32dec b32enc b64dec b64enc base bcrypt camelcase ceil certSANs clean compact
		deepCopy dir duration durationRound empty ext fail first float64 floor fromJson fromYaml genPrivateKey
		getHostByName hexdec htmlDate initial initials int int64 isAbs jwkPrivateKeyPem jwkPublicKeyPem kebabcase
		kindOf last lower mustCompact mustDeepCopy mustFirst mustFromJson mustInitial mustLast mustRest mustReverse
		mustToJson mustToPrettyJson mustToRawJson mustUniq nospace osBase osClean osDir osExt osIsAbs
		pemTruststoreToPKCS12 pkcs12cert pkcs12key randAlpha randAlphaNum randAscii randBytes randNumeric
		regexQuoteMeta rest reverse semver sha1sum sha256sum sha512sum shuffle snakecase sortAlpha swapcase title
		toDecimal toJson toPrettyJson toRawJson toString toStrings toYaml trim typeOf uniq unixEpoch until untitle
		upper urlJoin urlParse values`},
	{arity{1, -1}, `biggest default divf max maxf merge mergeOverwrite min minf mul mulf mustMerge mustMergeOverwrite mustSlice
		mustWithout omit pick pluck slice subf without`},
	{arity{2, 2}, `abbrev append buildCustomCert chunk contains date date_modify dateModify decryptAES deepEqual div encryptAES
		filterCertChain filterPEM fullPemToPkcs12 genCA get has hasKey hasPrefix hasSuffix htmlDateInZone indent join
		kindIs mod must_date_modify mustAppend mustChunk mustDateModify mustHas mustPrepend mustPush mustRegexFind
		mustRegexMatch mustToDate nindent pemToPkcs12 pemTruststoreToPKCS12Pass pkcs12certPass pkcs12keyPass prepend
		push randInt regexFind regexMatch repeat semverCompare split splitList sub toDate trimAll trimall trimPrefix
		trimSuffix trunc typeIs typeIsLike unset wrap`},
	{arity{2, 3}, `htpasswd`},
	{arity{2, -1}, `round`},
	{arity{3, 3}, `abbrevboth date_in_zone dateInZone getSecretKey fullPemToPkcs12Pass genCAWithKey mustRegexFindAll mustRegexReplaceAll
		mustRegexReplaceAllLiteral mustRegexSplit pemToPkcs12Pass plural regexFindAll regexReplaceAll
		regexReplaceAllLiteral regexSplit replace set splitn substr ternary untilStep wrapWith`},
	{arity{4, 4}, `genSelfSignedCert rsaDecrypt`},
	{arity{5, 5}, `derivePassword genSelfSignedCertWithKey genSignedCert`},
	{arity{6, 6}, `genSignedCertWithKey`},
}

// Functions are the names of those that are not text/template's own, in order.
func Functions() []string {
	var out []string
	for _, f := range functions {
		out = append(out, strings.Fields(f.names)...)
	}
	slices.Sort(out)
	return out
}

// builtins are the functions of text/template itself. Those that its own engine replaces are in functions: slice.
var builtins = [...]struct {
	arity
	names string
}{
	{arity{1, 1}, "len not"},
	{arity{1, -1}, "and call eq index or"},
	{arity{2, 2}, "ge gt le lt ne"},
	{arity{0, -1}, "html js print println urlquery"},
	{arity{1, -1}, "printf"},
}

// arities are all of them, by name.
func arities() map[string]arity {
	out := map[string]arity{}
	for _, f := range builtins {
		for name := range strings.FieldsSeq(f.names) {
			out[name] = f.arity
		}
	}
	for _, f := range functions {
		for name := range strings.FieldsSeq(f.names) {
			out[name] = f.arity
		}
	}
	return out
}
