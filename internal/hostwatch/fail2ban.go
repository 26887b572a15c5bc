package hostwatch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// jail is a jail of fail2ban, with the number of addresses that are banned now.
type jail struct {
	name   string
	banned uint64
}

// maxStatus is how much of an answer of fail2ban is read. What follows is the list of all banned addresses.
const maxStatus = 1 << 20

// readFail2ban asks for all jails. It returns those that it could read, and an error for the others.
func (w *watch) readFail2ban() ([]jail, error) {
	ctx, cancel := w.within()
	defer cancel()
	names, err := w.jailNames(ctx)
	var jails []jail
	for _, name := range names {
		banned, jailErr := w.banned(ctx, name)
		if jailErr != nil {
			err = errors.Join(err, fmt.Errorf("jail %s: %w", name, jailErr))
			continue
		}
		jails = append(jails, jail{name, banned})
	}
	return jails, err
}

func (w *watch) jailNames(ctx context.Context) ([]string, error) {
	status, err := w.status(ctx)
	if err != nil {
		return nil, err
	}
	list, ok := status["jail list"]
	if !ok {
		return nil, errors.New("fail2ban-client: its status has no list of jails")
	}
	var names []string
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
		if !validJail(name) {
			err = errors.Join(err, fmt.Errorf("fail2ban-client: %.64q is not the name of a jail", name))
		} else if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if number := status["number of jail"]; err == nil && number != strconv.Itoa(len(names)) {
		err = fmt.Errorf("fail2ban-client: it lists %d jails, but counts %.20q", len(names), number)
	}
	return names, err
}

func (w *watch) banned(ctx context.Context, jail string) (uint64, error) {
	status, err := w.status(ctx, jail)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(status["currently banned"], 10, 64)
}

// status is what fail2ban-client prints: a tree of lines such as "|  |- Currently failed:\t0". Keys are in lower case.
func (w *watch) status(ctx context.Context, jail ...string) (map[string]string, error) {
	out := map[string]string{}
	err := run(ctx, func(stream io.Reader) error {
		data, err := io.ReadAll(io.LimitReader(stream, maxStatus))
		for line := range strings.Lines(string(data)) {
			key, value, ok := strings.Cut(line, ":")
			key = strings.ToLower(strings.Join(strings.Fields(strings.TrimLeft(key, "|`-+ \t")), " "))
			if _, there := out[key]; ok && !there {
				out[key] = strings.TrimSpace(value)
			}
		}
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, stream)
		return err
	}, w.fail2banClient, append([]string{"status"}, jail...)...)
	return out, err
}

// validJail reports whether a name can be an argument, and not a flag.
func validJail(name string) bool {
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r) {
			return false
		}
	}
	return name != "" && name[0] != '-' && len(name) <= 64
}
