package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/git"
	"github.com/hippotion/roster/internal/starter"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// question is what init must know.
type question struct {
	flag, asks string
	answer     *string
	guess      string // what is taken when nothing is said; empty when there must be an answer
	why        string // there must be one, and what to write
}

// nothingThere is the answer of those who have no ingress controller, or no Vault.
const nothingThere = "none"

// settle finds all answers: those of flags, of the terminal, and those that can be guessed.
func (o *initOptions) settle(c *cobra.Command, b *beginning) error {
	ask := asking(c.InOrStdin(), c.ErrOrStderr())
	var wrong []error
	decide := func(q question) error {
		given := c.Flags().Changed(q.flag)
		switch {
		case given || ask == nil:
			if !given {
				*q.answer = q.guess
			}
			if *q.answer == "" && q.guess == "" {
				wrong = append(wrong, fmt.Errorf("--%s is missing: %s", q.flag, q.why))
			} else if err := o.wrong(q); err != nil {
				wrong = append(wrong, fmt.Errorf("--%s: %w", q.flag, err))
			}
			return nil
		}
		return ask.until(q, func() error { return o.wrong(q) })
	}
	for _, next := range []func(*beginning) *question{o.whichRepository, o.whichIngress, o.whichDomain, o.whichVault, o.whichRole, o.whichForge} {
		if q := next(b); q != nil {
			if err := decide(*q); err != nil {
				return err
			}
		}
	}
	if c.Flags().Changed("revision") {
		if err := o.wrong(question{flag: "revision", answer: &o.Revision}); err != nil {
			wrong = append(wrong, fmt.Errorf("--revision: %w", err))
		}
	}
	if c.Flags().Changed("vault-role") && (o.Vault == "" || o.Vault == nothingThere) {
		wrong = append(wrong, errors.New("--vault-role goes with --vault only"))
	}
	for _, answer := range []*string{&o.Ingress, &o.Vault} {
		if *answer == nothingThere {
			*answer = ""
		}
	}
	return errors.Join(wrong...)
}

// What platform.yml says already is not asked for again: it stays.

func (o *initOptions) whichRepository(b *beginning) *question {
	if b.described && o.URL == "" {
		return nil
	}
	guess := remoteOf(b.top)
	if o.wrong(question{flag: "repo-url", answer: &guess}) != nil { // such as a folder of this machine
		guess = ""
	}
	return &question{"repo-url", "URL of this repository, as Argo CD is to read it", &o.URL, guess,
		"nothing here says where the repository is\n  hint: write --repo-url https://git.example/me/homelab.git"}
}

func (o *initOptions) whichIngress(b *beginning) *question {
	if b.described && o.Ingress == "" {
		return nil
	}
	return &question{"ingress", "Namespace that Traefik runs in, or none", &o.Ingress, nothingThere, ""}
}

func (o *initOptions) whichDomain(b *beginning) *question {
	if o.Domain == "" && (b.described || o.Ingress == "" || o.Ingress == nothingThere) {
		return nil
	}
	return &question{"domain", "Domain of your hosts, such as home.example", &o.Domain, "",
		"with --ingress there are hosts\n  hint: write --domain home.example, which hosts without a dot get"}
}

func (o *initOptions) whichVault(b *beginning) *question {
	if b.described && o.Vault == "" {
		return nil
	}
	return &question{"vault", "Address of the Vault that External Secrets reads, or none", &o.Vault, nothingThere, ""}
}

func (o *initOptions) whichRole(b *beginning) *question {
	if o.Role == "" && (b.described || o.Vault == "" || o.Vault == nothingThere) {
		return nil
	}
	return &question{"vault-role", "Role that External Secrets has in Vault", &o.Role, "external-secrets", ""}
}

func (o *initOptions) whichForge(*beginning) *question {
	return &question{"forge", "CI to write: " + strings.Join(starter.Forges(), ", "), &o.Forge, starter.ForgeOf(o.URL), ""}
}

// remoteOf is where the repository at a folder comes from, without credentials; empty when it does not say.
func remoteOf(top string) string {
	r, err := git.Open(context.Background(), top)
	if err != nil { // no repository, or no git: then it is asked for
		return ""
	}
	remote, err := r.Remote(context.Background())
	if err != nil {
		return ""
	}
	if u, err := url.Parse(remote); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		u.User = nil
		return u.String()
	}
	return remote
}

// wrong is what is wrong with an answer, as the list would say it. The other answers do not matter.
func (o *initOptions) wrong(q question) error {
	if strings.ContainsFunc(*q.answer, func(r rune) bool { return !diag.Printable(r) }) {
		return errors.New("expected text on one line, found a character that cannot be seen")
	}
	a := starter.Answers{Folder: ".", URL: "https://git.example/me/homelab.git", Ingress: "traefik", Domain: "home.example", Vault: "https://vault.example", Role: "external-secrets"}
	switch q.flag {
	case "repo-url":
		a.URL = *q.answer
	case "revision":
		a.Revision = *q.answer
	case "ingress":
		if *q.answer == "gateway" || *q.answer == "gateway-api" {
			return fmt.Errorf("%q is no namespace that Traefik runs in\n  hint: for routes of the Gateway API, write none here, and in %s: ingress: {kind: gateway, gateway: {name: home, namespace: sys-gateway}}", *q.answer, catalog.PlatformFile)
		}
		a.Ingress = *q.answer
	case "domain":
		a.Domain = *q.answer
	case "vault":
		if *q.answer == nothingThere {
			return nil
		}
		a.Vault = *q.answer
	case "vault-role":
		a.Role = *q.answer
	case "forge":
		if !slices.Contains(starter.Forges(), *q.answer) {
			return fmt.Errorf("there is no forge %q\n  hint: %s", *q.answer, diag.DidYouMean(*q.answer, starter.Forges()))
		}
		return nil
	}
	texts := map[string]string{}
	for _, f := range starter.Files(a) {
		texts[f.Name] = f.Text
	}
	_, mistakes, err := fleet.Build(fleet.Input{Place: fleet.Nowhere(".").With(texts)})
	if err != nil {
		return err
	}
	for _, m := range mistakes {
		if m.Pos.File == catalog.PlatformFile || len(mistakes) == 1 {
			hint := ""
			if m.Hint != "" && !strings.HasPrefix(m.Hint, "write it like this: ") { // that has a key, which an answer has not
				hint = "\n  hint: " + m.Hint
			}
			return errors.New(m.Message + hint)
		}
	}
	return nil
}

// asker asks on a terminal.
type asker struct {
	in        *bufio.Scanner
	questions io.Writer // their lines have no end: whoever answers writes it
	out       io.Writer
}

// longestAnswer is more than a terminal takes in a line.
const longestAnswer = 64 << 10

// asking asks when both ends are a terminal; else it is nil, and nobody is asked.
func asking(stdin io.Reader, stderr io.Writer) *asker {
	in, ok := stdin.(*os.File)
	out := fileBelow(stderr)
	if !ok || out == nil || !term.IsTerminal(int(in.Fd())) || !term.IsTerminal(int(out.Fd())) {
		return nil
	}
	s := bufio.NewScanner(in)
	s.Buffer(nil, longestAnswer)
	return &asker{s, diag.Terminal(out), stderr}
}

// until asks until nothing is wrong with the answer.
func (a *asker) until(q question, wrong func() error) error {
	for {
		guess := ""
		if q.guess != "" {
			guess = " [" + q.guess + "]"
		}
		if _, err := fmt.Fprintf(a.questions, "%s%s: ", q.asks, guess); err != nil {
			return err
		}
		if !a.in.Scan() {
			_, _ = io.WriteString(a.questions, "\n")
			return errors.Join(a.in.Err(), errEnded)
		}
		*q.answer = cmp.Or(strings.TrimSpace(a.in.Text()), q.guess)
		problem := errors.New("expected an answer")
		if *q.answer != "" {
			problem = wrong()
		}
		if problem == nil {
			return nil
		}
		if _, err := fmt.Fprintf(a.out, "  %v\n", problem); err != nil {
			return err
		}
	}
}
