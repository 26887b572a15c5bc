package ci

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/itchyny/gojq"
)

// TestMain is also the programs gh and jq, under whose names this test puts itself into the PATH: so neither has to be installed.
func TestMain(m *testing.M) {
	program := map[string]func([]string) (int, error){"gh": gh, "jq": jq}[filepath.Base(os.Args[0])]
	if program == nil {
		os.Exit(m.Run())
	}
	code, err := program(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Base(os.Args[0]), err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// programs makes a folder with gh and jq.
func programs(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"gh", "jq"} {
		if err := os.Symlink(self, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// options are the arguments of a program: flags with so many values each, and the others.
func options(args []string, values map[string]int) (flags map[string][]string, rest []string, err error) {
	flags = map[string][]string{}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		n, known := values[arg]
		switch {
		case !strings.HasPrefix(arg, "-"):
			rest = append(rest, arg)
		case !known || len(args) < n:
			return nil, nil, fmt.Errorf("unknown or incomplete flag %s", arg)
		default:
			flags[arg] = append(flags[arg], args[:n]...)
			args = args[n:]
		}
	}
	return flags, rest, nil
}

// given reports whether a flag is.
func given(flags map[string][]string, name string) bool { _, is := flags[name]; return is }

// gh is GitHub's program, as far as the pieces use it: gh api, which asks FORGE in the place of GitHub.
func gh(args []string) (int, error) {
	flags, rest, err := options(args, map[string]int{"--paginate": 0, "--silent": 0, "--jq": 1, "--method": 1, "--field": 1})
	if err != nil || len(rest) != 2 || rest[0] != "api" {
		return 1, fmt.Errorf("gh %q: %w", args, err)
	}
	var body io.Reader
	method := http.MethodGet
	if given(flags, "--field") {
		fields, err := magic(flags["--field"])
		if err != nil {
			return 1, err
		}
		method, body = http.MethodPost, bytes.NewReader(fields)
	}
	if given(flags, "--method") {
		method = flags["--method"][0]
	}
	for address := os.Getenv("FORGE") + "/" + rest[1]; address != ""; {
		request, err := http.NewRequest(method, address, body)
		if err != nil {
			return 1, err
		}
		request.Header.Set("Authorization", "token "+os.Getenv("GH_TOKEN"))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 1, err
		}
		data, err := io.ReadAll(response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			return 1, err
		}
		if response.StatusCode > 299 {
			return 1, fmt.Errorf("HTTP %d", response.StatusCode)
		}
		address = ""
		if next := regexp.MustCompile(`<([^>]+)>; rel="next"`).FindStringSubmatch(response.Header.Get("Link")); next != nil && given(flags, "--paginate") {
			address = next[1]
		}
		switch {
		case given(flags, "--silent"):
		case !given(flags, "--jq"):
			_, err = os.Stdout.Write(data)
		default:
			_, err = filter(flags["--jq"][0], data, nil, true)
		}
		if err != nil {
			return 1, err
		}
	}
	return 0, nil
}

// magic are fields as gh reads them: @FILE is the text of a file, whatever that is, and true, null and numbers are none.
func magic(fields []string) ([]byte, error) {
	out := map[string]any{}
	for _, f := range fields {
		key, value, _ := strings.Cut(f, "=")
		out[key] = value
		if name, is := strings.CutPrefix(value, "@"); is {
			data, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			out[key] = string(data)
		} else if json.Valid([]byte(value)) {
			out[key] = json.RawMessage(value)
		}
	}
	return json.Marshal(out)
}

// jq is the program of that name, as far as the pieces use it.
func jq(args []string) (int, error) {
	flags, rest, err := options(args, map[string]int{"--exit-status": 0, "--raw-output": 0, "--arg": 2, "--argjson": 2})
	if err != nil || len(rest) == 0 || len(rest) > 2 {
		return 2, fmt.Errorf("jq %q: %w", args, err)
	}
	var data []byte
	if len(rest) == 2 {
		data, err = os.ReadFile(rest[1])
	} else {
		data, err = io.ReadAll(os.Stdin)
	}
	if err != nil {
		return 2, err
	}
	variables := map[string]any{}
	for i := 0; i+1 < len(flags["--arg"]); i += 2 {
		variables["$"+flags["--arg"][i]] = flags["--arg"][i+1]
	}
	for i := 0; i+1 < len(flags["--argjson"]); i += 2 {
		var value any
		if err := json.Unmarshal([]byte(flags["--argjson"][i+1]), &value); err != nil {
			return 2, err
		}
		variables["$"+flags["--argjson"][i]] = value
	}
	last, err := filter(rest[0], data, variables, given(flags, "--raw-output"))
	switch {
	case err != nil:
		return 5, err
	case !given(flags, "--exit-status"):
		return 0, nil
	case last == none{}:
		return 4, nil
	case last == nil, last == false:
		return 1, nil
	}
	return 0, nil
}

// none is what a filter without a result yields last.
type none struct{}

// filter prints what a filter makes of a stream of values, and returns the last of it.
func filter(text string, data []byte, variables map[string]any, raw bool) (last any, err error) {
	query, err := gojq.Parse(text)
	if err != nil {
		return nil, err
	}
	var names []string
	var values []any
	for name, value := range variables {
		names, values = append(names, name), append(values, value)
	}
	code, err := gojq.Compile(query, gojq.WithEnvironLoader(os.Environ), gojq.WithVariables(names))
	if err != nil {
		return nil, err
	}
	last = none{}
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		var input any
		if err := d.Decode(&input); errors.Is(err, io.EOF) {
			return last, nil
		} else if err != nil {
			return last, err
		}
		for results := code.Run(input, values...); ; {
			result, more := results.Next()
			if !more {
				break
			}
			if err, failed := result.(error); failed {
				return last, err
			}
			last = result
			if text, is := result.(string); is && raw {
				fmt.Println(text)
				continue
			}
			out, err := gojq.Marshal(result)
			if err != nil {
				return last, err
			}
			fmt.Printf("%s\n", out)
		}
	}
}
