package usagewatch

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/bus"
)

// options are the command line.
type options struct {
	url, tokenFile     string
	ntfyURL, ntfyToken string
	state              string
	windows            []string // none: all that the endpoint names
	valueKey, resetKey string
	thresholds         []threshold // ascending
	scale              float64
	interval, timeout  time.Duration
	tolerance          time.Duration
	name               string
	version            bool
}

// threshold is a percentage, and where a message goes when it is reached.
type threshold struct {
	percent  float64
	topic    string
	priority int
}

// flags are the flags that fill o.
func flags(o *options) *flag.FlagSet {
	f := flag.NewFlagSet("usagewatch", flag.ContinueOnError)
	f.StringVar(&o.url, "url", "", "poll this `URL` (required)")
	f.StringVar(&o.tokenFile, "token-file", "", "send the bearer token in this `file` to the endpoint")
	f.StringVar(&o.ntfyURL, "ntfy-url", "", "publish to ntfy at this `URL` (required)")
	f.StringVar(&o.ntfyToken, "ntfy-token-file", "", "the `file` with ntfy's token (required)")
	f.StringVar(&o.state, "state", "", "the `file` that remembers what was published (required)")
	f.Func("window", "watch this `NAME` or dotted path; repeatable (default each object at the top with both keys)", func(s string) error {
		if s == "" || len(s) > maxName {
			return fmt.Errorf("expected 1 to %d bytes", maxName)
		}
		if slices.Contains(o.windows, s) {
			return errors.New("named twice")
		}
		o.windows = append(o.windows, s)
		return nil
	})
	f.StringVar(&o.valueKey, "value-key", "utilization", "the `key` of what is used")
	f.StringVar(&o.resetKey, "reset-key", "resets_at", "the `key` of the time at which the window starts over")
	f.Func("threshold", "`PERCENT=TOPIC[:PRIORITY]`; repeatable (default 80=hl-warn:high and 95=hl-crit:max)", func(s string) error {
		t, err := parseThreshold(s)
		o.thresholds = append(o.thresholds, t)
		return err
	})
	f.Float64Var(&o.scale, "scale", 1, "multiply values by this `number`: 100 when the endpoint gives 0 to 1")
	f.DurationVar(&o.interval, "interval", 0, "poll this often until SIGTERM; 0 polls once and exits")
	f.DurationVar(&o.timeout, "timeout", 10*time.Second, "how long the endpoint may take")
	f.DurationVar(&o.tolerance, "reset-tolerance", 5*time.Minute, "reset times that differ by no more than this are the same")
	f.StringVar(&o.name, "name", "", "`text` for the title of messages: what is watched")
	f.BoolVar(&o.version, "version", false, "print the version and exit")
	return f
}

// parse reads the command line. It prints the help to stdout, and returns flag.ErrHelp then.
func parse(args []string, stdout io.Writer) (options, error) {
	var o options
	f := flags(&o)
	f.SetOutput(io.Discard) // the caller prints the error
	f.Usage = func() {}
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprintln(stdout, "usagewatch publishes to ntfy when a quota crosses a threshold.")
		f.SetOutput(stdout)
		f.PrintDefaults()
	}
	if err != nil || o.version {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("expected only flags, found %q", f.Arg(0))
	}
	return o, o.check()
}

func (o *options) check() error {
	for _, required := range []struct{ flag, value string }{
		{"url", o.url}, {"ntfy-url", o.ntfyURL}, {"ntfy-token-file", o.ntfyToken}, {"state", o.state},
		{"value-key", o.valueKey}, {"reset-key", o.resetKey},
	} {
		if required.value == "" {
			return fmt.Errorf("--%s is required", required.flag)
		}
	}
	// The errors do not show the address: its query may hold a secret.
	u, err := url.Parse(o.url)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return errors.New("--url: expected http://HOST/PATH or https://HOST/PATH, without credentials")
	}
	if _, err := bus.New(o.ntfyURL, ""); err != nil {
		return fmt.Errorf("--ntfy-url: %w", err)
	}
	switch {
	case !(o.scale > 0) || math.IsInf(o.scale, 0): // the negation catches NaN
		return errors.New("--scale: expected a positive number")
	case o.interval != 0 && o.interval < time.Second:
		return errors.New("--interval: expected 0, or a second or more")
	case o.timeout <= 0:
		return errors.New("--timeout: expected a positive duration")
	case o.tolerance < 0:
		return errors.New("--reset-tolerance: expected a duration that is not negative")
	}
	if len(o.thresholds) == 0 {
		o.thresholds = []threshold{{80, "hl-warn", bus.High}, {95, "hl-crit", bus.Max}}
	}
	slices.SortFunc(o.thresholds, func(a, b threshold) int { return cmp.Compare(a.percent, b.percent) })
	for i, t := range o.thresholds[1:] {
		if t.percent == o.thresholds[i].percent {
			return fmt.Errorf("--threshold: two for %s", percent(t.percent))
		}
	}
	o.name = clean(o.name)
	return nil
}

func parseThreshold(s string) (threshold, error) {
	number, rest, _ := strings.Cut(s, "=")
	topic, priority, named := strings.Cut(rest, ":")
	t := threshold{topic: topic, priority: bus.Default}
	var err error
	if t.percent, err = strconv.ParseFloat(number, 64); err != nil || !(t.percent > 0 && t.percent <= maxPercent) {
		return t, errors.New("expected PERCENT=TOPIC[:PRIORITY] with a positive number")
	}
	if !regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`).MatchString(topic) { // ntfy's rule
		return t, errors.New("expected a topic of 1 to 64 letters, digits, - and _")
	}
	if named {
		names := []string{bus.Min: "min", bus.Low: "low", bus.Default: "default", bus.High: "high", bus.Max: "max"}
		if t.priority = slices.Index(names, priority); t.priority < bus.Min {
			return t, errors.New("expected the priority min, low, default, high or max")
		}
	}
	return t, nil
}

// reached is the highest threshold that a value reaches.
func (o *options) reached(value float64) (threshold, bool) {
	for _, t := range slices.Backward(o.thresholds) {
		if value >= t.percent {
			return t, true
		}
	}
	return threshold{}, false
}
