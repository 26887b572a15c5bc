package fetch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/lazy"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
)

// registries are credentials of registries as docker login and helm registry login keep them: in a file, or with programs.
type registries struct {
	file    credentials.Store
	helpers map[string]string // by server
	helper  string            // for all others; may be empty
}

// readRegistries reads the file. One that is missing has none; no message quotes it.
func readRegistries(name string) (r registries, err error) {
	text, err := readSettings(name)
	if err != nil || text == nil {
		return r, err
	}
	var in struct {
		Helpers map[string]string `json:"credHelpers"`
		Helper  string            `json:"credsStore"`
	}
	if err = json.Unmarshal(text, &in); err == nil {
		r = registries{helpers: in.Helpers, helper: in.Helper}
		r.file, err = credentials.NewFileStore(name)
	}
	if err != nil {
		return r, fmt.Errorf("reading credentials: %s is not as docker login writes it", name)
	}
	return r, nil
}

// find is what there is for a server; auth.EmptyCredential when that is nothing.
func (r registries) find(ctx context.Context, server string) (auth.Credential, error) {
	helper := r.helpers[server]
	if helper == "" {
		helper = r.helper
	}
	switch {
	case r.file == nil:
		return auth.EmptyCredential, nil
	case helper == "":
		return r.file.Get(ctx, server)
	}
	return helped(ctx, helper, server)
}

var helperForm = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// helped runs a credential helper of Docker's. It has no terminal, neither to ask at nor to write to.
func helped(ctx context.Context, helper, server string) (auth.Credential, error) {
	if !helperForm().MatchString(helper) {
		return auth.EmptyCredential, errors.New("it has a path for a name")
	}
	const patience = 30 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	command := exec.CommandContext(ctx, "docker-credential-"+helper, "get")
	command.Stdin = strings.NewReader(server)
	command.Env = slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "ROSTER_") })
	command.WaitDelay = time.Second
	var out tail
	command.Stdout = &out
	alone(command)
	if err := command.Run(); err != nil {
		if strings.Contains(out.String(), "credentials not found") { // as Docker's own helpers say it
			return auth.EmptyCredential, nil
		}
		return auth.EmptyCredential, err
	}
	var said struct{ Username, Secret string }
	if err := json.Unmarshal(bytes.TrimSpace(out.Bytes()), &said); err != nil {
		return auth.EmptyCredential, err
	}
	if said.Username == "<token>" {
		return auth.Credential{RefreshToken: said.Secret}, nil
	}
	return auth.Credential{Username: said.Username, Password: said.Secret}, nil
}
