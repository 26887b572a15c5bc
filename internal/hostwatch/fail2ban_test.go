package hostwatch

import (
	"slices"
	"strings"
	"testing"
)

const sshdStatus = "Status for the jail: sshd\n|- Filter\n|  |- Currently failed:\t1\n|  |- Total failed:\t5\n" +
	"|  `- Journal matches:\t_SYSTEMD_UNIT=sshd.service + _COMM=sshd\n`- Actions\n   |- Currently banned:\t3\n   |- Total banned:\t4\n   `- Banned IP list:\t203.0.113.9 2001:db8::1\n"

func TestFail2ban(t *testing.T) {
	other := strings.Replace(sshdStatus, "|- Currently banned:\t3", " |-  Currently  Banned :  12 \r", 1)
	for _, c := range []struct {
		name   string
		answer map[string]string // by file
		want   []jail
		err    string
	}{
		{"as it is", map[string]string{
			"status":                 "Status\n|- Number of jail:\t2\n`- Jail list:\tsshd, nginx-http-auth\n",
			"status.sshd":            sshdStatus,
			"status.nginx-http-auth": other,
		}, []jail{{"sshd", 3}, {"nginx-http-auth", 12}}, ""},
		{"no jails", map[string]string{"status": "Status\n|- Number of jail:      0\n`- Jail list:   \n"}, nil, ""},
		{"odd spaces", map[string]string{"status": "Status\r\n |- number of  jail : 1\r\n `- jail list : sshd\r\n", "status.sshd": sshdStatus}, []jail{{"sshd", 3}}, ""},
		{"many banned", map[string]string{
			"status":      "Status\n|- Number of jail:\t1\n`- Jail list:\tsshd\n",
			"status.sshd": sshdStatus + strings.Repeat("203.0.113.9 ", 300_000) + "\nCurrently banned: 9\n",
		}, []jail{{"sshd", 3}}, ""},
		{"not running", nil, nil, `fail2ban-client: exit status 255: "Sorry but the jail`},
		{"no list", map[string]string{"status": "Status\n"}, nil, "no list of jails"},
		{"another number", map[string]string{"status": "Number of jail: 2\nJail list: sshd\n", "status.sshd": sshdStatus}, []jail{{"sshd", 3}}, `lists 1 jails, but counts "2"`},
		{"the same twice", map[string]string{"status": "Number of jail: 1\nJail list: sshd, sshd\n", "status.sshd": sshdStatus}, []jail{{"sshd", 3}}, ""},
		{"names that are none", map[string]string{"status": "Number of jail: 3\nJail list: -h, a/b, sshd\n", "status.sshd": sshdStatus}, []jail{{"sshd", 3}}, `"-h" is not the name of a jail`},
		{"one cannot be read", map[string]string{"status": "Number of jail: 2\nJail list: gone, sshd\n", "status.sshd": sshdStatus}, []jail{{"sshd", 3}}, "jail gone: fail2ban-client: exit status 255"},
		{"one says nothing", map[string]string{"status": "Number of jail: 2\nJail list: x, sshd\n", "status.x": "Status for the jail: x\n", "status.sshd": sshdStatus}, []jail{{"sshd", 3}}, "jail x: strconv.ParseUint"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t)
			for file, text := range c.answer {
				h.write(file, text)
			}
			got, err := h.watch().readFail2ban()
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v", got)
			}
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v", err)
			}
		})
	}
}
