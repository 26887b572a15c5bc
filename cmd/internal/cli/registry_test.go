package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// registry is a command of scripts: registry VARIABLE REPOSITORY=TAG,TAG... serves the tags of images, for those who have fetched an
// anonymous token as with the large registries, and puts its address into the variable.
func registry(ts *testscript.TestScript, _ bool, args []string) {
	tags := map[string][]string{}
	for _, arg := range args[1:] {
		name, list, _ := strings.Cut(arg, "=")
		tags[name] = strings.Split(list, ",")
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, isTags := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/v2/"), "/tags/list")
		switch {
		case r.URL.Path == "/token":
			_ = json.NewEncoder(w).Encode(map[string]string{"token": "for " + r.URL.Query().Get("scope")})
		case r.Header.Get("Authorization") != "Bearer for repository:"+name+":pull":
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="x"`, r.Host))
			w.WriteHeader(http.StatusUnauthorized)
		case !isTags || tags[name] == nil:
			http.NotFound(w, r)
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"name": name, "tags": tags[name]})
		}
	}))
	ts.Defer(s.Close)
	ts.Setenv(args[0], strings.TrimPrefix(s.URL, "http://"))
}
