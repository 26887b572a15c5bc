package gardener

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// settings are the flags of run.
type settings struct {
	repository, vault, branch, within, remote string
	push, dryRun                              bool
	detect                                    Options
	decider                                   decider
	limits                                    limits
	who                                       author
	access                                    access
	gitTimeout                                time.Duration
	work                                      string
	report                                    reporting
}

// listFlag is a flag that may be given more than once.
type listFlag struct {
	values *[]string
	check  func(string) error
}

func (l listFlag) String() string { return "" }

func (l listFlag) Set(s string) error {
	*l.values = append(*l.values, s)
	return l.check(s)
}

func checkGlob(s string) error {
	if s == "" || strings.HasPrefix(s, "/") {
		return errors.New("a pattern is for paths below the vault")
	}
	_, err := path.Match(strings.TrimSuffix(s, "/**"), "")
	return err
}

func checkName(s string) error {
	if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(s) {
		return errors.New("not the name of a variable")
	}
	if slices.Contains([]string{"PATH", "HOME", "TMPDIR", "LANG", "GIT_CEILING_DIRECTORIES"}, s) {
		return errors.New("it is set for the decider anyway")
	}
	return nil
}

func detectFlags(f *flag.FlagSet, o *Options) {
	f.Var(listFlag{&o.Ignore, checkGlob}, "ignore", "`GLOB` of notes that may be orphans and get no suggestions; may be repeated")
	f.IntVar(&o.Rare, "rare", 5, "a term is rare if it is in at most so many notes, 2 to 10")
	f.IntVar(&o.Suggestions, "suggestions", 20, "how many pairs of notes to suggest at most, up to 1000")
}

func checkDetect(o Options) error {
	if o.Rare < 2 || o.Rare > 10 || o.Suggestions < 0 || o.Suggestions > 1000 {
		return errors.New("--rare must be 2 to 10, and --suggestions 0 to 1000")
	}
	return nil
}

func runFlags(f *flag.FlagSet, s *settings, who *string) {
	f.StringVar(&s.repository, "repository", "", "`URL` of the repository to clone and to push to: https, ssh, http in the cluster, or the path of one")
	f.StringVar(&s.vault, "vault", "", "`DIR` of a checkout, instead of a repository")
	f.StringVar(&s.branch, "branch", "main", "the branch to work on")
	f.StringVar(&s.within, "path", ".", "the folder of the notes in the repository; nothing outside of it may change")
	f.BoolVar(&s.push, "push", false, "with --vault, push what landed")
	f.StringVar(&s.remote, "remote", "origin", "with --vault and --push, where to")
	f.BoolVar(&s.dryRun, "dry-run", false, "do all but land the commit; print what it would change")
	detectFlags(f, &s.detect)
	f.DurationVar(&s.decider.timeout, "decide-timeout", 10*time.Minute, "how long the decider may take")
	f.Var(listFlag{&s.decider.environment, checkName}, "decide-env", "`NAME` of a variable that the decider gets; may be repeated")
	f.IntVar(&s.limits.changes, "max-changes", 25, "how many files may change")
	f.IntVar(&s.limits.deletions, "max-deletions", 0, "how many of them may be deleted or emptied")
	f.Var(listFlag{(*[]string)(&s.limits.allow), checkGlob}, "allow", "`GLOB` of files other than notes that may change; may be repeated")
	f.StringVar(who, "author", "Gardener <gardener@localhost>", "who commits")
	f.DurationVar(&s.gitTimeout, "git-timeout", 2*time.Minute, "how long a git command may take")
	f.StringVar(&s.access.user, "git-username", "git", "the user's name for https")
	f.StringVar(&s.access.tokenFile, "git-token-file", "", "`FILE` with the token for https")
	f.StringVar(&s.access.caFile, "git-ca-file", "", "`FILE` with the certificates that https may be signed by")
	f.StringVar(&s.access.keyFile, "ssh-key-file", "", "`FILE` with the key for ssh")
	f.StringVar(&s.access.knownHostsFile, "known-hosts-file", "", "`FILE` with the keys of hosts for ssh")
	f.StringVar(&s.work, "work-dir", os.TempDir(), "`DIR` for temporary folders")
	f.StringVar(&s.report.ntfyURL, "ntfy-url", "", "`URL` of an ntfy server")
	f.StringVar(&s.report.ntfyTopic, "ntfy-topic", "", "the topic to publish to")
	f.StringVar(&s.report.ntfyTokenFile, "ntfy-token-file", "", "`FILE` with the token for ntfy")
	f.StringVar(&s.report.webhookURL, "webhook-url", "", "`URL` that gets the outcome as JSON")
	f.StringVar(&s.report.webhookURLFile, "webhook-url-file", "", "`FILE` with that URL, if it is a secret")
	f.StringVar(&s.report.webhookTokenFile, "webhook-token-file", "", "`FILE` with the bearer token for it")
	f.BoolVar(&s.report.always, "report-always", false, "publish to ntfy even when there is nothing to report")
	f.StringVar(&s.report.metricsFile, "metrics-file", "", "`FILE` for node_exporter's textfile collector")
}

// branchName is a name of letters, digits, _ . / and - that git accepts as a branch.
var branchName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)*$`)

// parseRun reads the command line of run, and reports invalid combinations.
func parseRun(args []string, stderr io.Writer) (*settings, error) {
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	s, who := &settings{}, ""
	runFlags(f, s, &who)
	command, err := parseFlags(f, args, stderr)
	if err == nil {
		s.decider.command, s.decider.grace = command, 5*time.Second
		s.who, err = parseAuthor(who)
	}
	if err == nil {
		err = s.check()
	}
	return s, err
}

// check reports invalid combinations.
func (s *settings) check() error {
	switch {
	case (s.repository == "") == (s.vault == ""):
		return errors.New("expected either --repository or --vault")
	case s.repository != "" && s.push:
		return errors.New("--push is for --vault: a repository is always pushed to, except with --dry-run")
	case !branchName.MatchString(s.branch):
		return errors.New("--branch must be the name of a branch")
	case !regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`).MatchString(s.remote):
		return errors.New("--remote must be the name of a remote")
	case s.decider.timeout <= 0 || s.gitTimeout <= 0:
		return errors.New("timeouts must be longer than 0s")
	case s.limits.changes < 1 || s.limits.deletions < 0:
		return errors.New("--max-changes must be at least 1, and --max-deletions at least 0")
	case (s.report.ntfyURL == "") != (s.report.ntfyTopic == ""):
		return errors.New("--ntfy-url and --ntfy-topic belong together")
	case s.report.webhookURL != "" && s.report.webhookURLFile != "":
		return errors.New("expected either --webhook-url or --webhook-url-file")
	case path.IsAbs(s.within) || path.Clean(s.within) == ".." || strings.HasPrefix(path.Clean(s.within), "../") || insideGit(s.within):
		return errors.New("--path must be a folder of the repository")
	}
	s.within = path.Clean(s.within)
	if s.repository != "" {
		if err := checkURL(s.repository); err != nil {
			return fmt.Errorf("--repository: %w", err)
		}
		if err := s.access.enough(s.repository); err != nil {
			return err
		}
	}
	return errors.Join(checkDetect(s.detect), s.access.check(), s.report.check())
}

// parseFlags reads the flags of a command. What follows a first -- is returned; other arguments are a mistake.
func parseFlags(f *flag.FlagSet, args []string, stderr io.Writer) (after []string, err error) {
	f.SetOutput(io.Discard)
	if i := slices.Index(args, "--"); i >= 0 {
		args, after = args[:i], args[i+1:]
	}
	err = f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprintf(stderr, "Flags of gardener %s:\n", f.Name())
		f.SetOutput(stderr)
		f.PrintDefaults()
	} else if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return after, err
}
