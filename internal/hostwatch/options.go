package hostwatch

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"
)

const usage = `hostwatch reads the SSH journal and fail2ban, and writes metrics for node_exporter's textfile collector.

Usage:
  hostwatch --textfile-dir DIR --state FILE [flags]

Flags:
  --textfile-dir DIR       write hostwatch.prom here; the folder must exist
  --state FILE             what was read and counted so far; its folder must exist
  --lan CIDR[,CIDR...]     networks whose logins are not from outside; may be repeated, and replaces the default
                           "private": 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 127.0.0.0/8, fc00::/7, fe80::/10, ::1.
                           --lan private,2001:db8:1::/48 adds to it
  --window DURATION        how far back failures count by source (default 10m)
  --keep DURATION          how long a login from outside is shown (default 24h)
  --journalctl PATH        (default journalctl)
  --fail2ban-client PATH   (default fail2ban-client)
  --no-fail2ban            this host has no fail2ban
  --timeout DURATION       how long journalctl may take, and fail2ban-client (default 30s)
  --version                print the version

Exit code: 0; 1 when something could not be read or written; 2 for wrong flags.
`

// private are the networks that do not exist on the Internet.
const private = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8,fc00::/7,fe80::/10,::1"

type options struct {
	textfileDir, state         string
	lan                        []netip.Prefix
	window, keep, timeout      time.Duration
	journalctl, fail2banClient string
	fail2ban, version          bool
}

// parseOptions reads the arguments. It returns flag.ErrHelp for --help.
func parseOptions(args []string) (options, error) {
	var o options
	var without bool
	f := flag.NewFlagSet("hostwatch", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.textfileDir, "textfile-dir", "", "")
	f.StringVar(&o.state, "state", "", "")
	f.Func("lan", "", func(list string) error {
		networks, err := parseNetworks(list)
		o.lan = append(o.lan, networks...)
		return err
	})
	f.DurationVar(&o.window, "window", 10*time.Minute, "")
	f.DurationVar(&o.keep, "keep", 24*time.Hour, "")
	f.StringVar(&o.journalctl, "journalctl", "journalctl", "")
	f.StringVar(&o.fail2banClient, "fail2ban-client", "fail2ban-client", "")
	f.BoolVar(&without, "no-fail2ban", false, "")
	f.DurationVar(&o.timeout, "timeout", 30*time.Second, "")
	f.BoolVar(&o.version, "version", false, "")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.fail2ban = !without
	if o.lan == nil {
		o.lan, _ = parseNetworks("private")
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case o.version:
		return o, nil
	case o.textfileDir == "" || o.state == "":
		return o, errors.New("--textfile-dir and --state are required")
	case o.window < time.Second || o.keep < time.Second || o.timeout <= 0:
		return o, errors.New("--window and --keep must be a second or more, and --timeout more than 0")
	}
	return o, nil
}

// parseNetworks reads a list of networks and addresses. Addresses are compared without being mapped into IPv6, so a network
// of mapped ones would hold none.
func parseNetworks(list string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		if word == "private" {
			networks, _ := parseNetworks(private)
			out = append(out, networks...)
			continue
		}
		network, err := netip.ParsePrefix(word)
		if address, ok := parseAddress(word); ok {
			network, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil || network.Addr().Is4In6() {
			return nil, fmt.Errorf("%q is not a network such as 192.168.0.0/16 or 2001:db8::/48", word)
		}
		out = append(out, network.Masked())
	}
	return out, nil
}
