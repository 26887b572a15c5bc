package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// question is a line that the judge reads, and verdict the one that it answers with; test/routes/traefik/README.md says what the keys are.
type (
	question struct {
		ID       string    `json:"id"`
		Args     []string  `json:"args"`
		Objects  []any     `json:"objects"`
		Requests []request `json:"requests"`
		Repeat   int       `json:"repeat"`
	}
	request struct {
		EntryPoint string              `json:"entryPoint"`
		TLS        bool                `json:"tls"`
		Method     string              `json:"method"`
		Host       string              `json:"host"`
		Target     string              `json:"target"`
		ClientIP   string              `json:"clientIP"`
		Headers    map[string][]string `json:"headers,omitempty"`
	}
	verdict struct {
		Error   string   `json:"error"`
		Routers []router `json:"routers"`
		Answers []answer `json:"answers"`
	}
	router struct {
		Object      string   `json:"object"`
		Namespace   string   `json:"namespace"`
		Name        string   `json:"name"`
		Index       int      `json:"index"`
		Gateway     string   `json:"gateway"`
		Rule        string   `json:"rule"`
		Kind        string   `json:"kind"`
		Key         string   `json:"key"`
		EntryPoints []string `json:"entryPoints"`
		Status      string   `json:"status"`
		Errors      []string `json:"errors"`
	}
	answer struct {
		Status   int      `json:"status"`
		Router   string   `json:"router"`
		Backend  string   `json:"backend"`
		Login    string   `json:"login"`
		Location string   `json:"location"`
		Others   []answer `json:"others"`
	}
)

// judge is a running judge.
type judge struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

func startJudge(ctx context.Context, program string) (*judge, error) {
	c := exec.CommandContext(ctx, program)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &judge{c, in, bufio.NewReader(out)}, c.Start()
}

func (j *judge) ask(q *question) (*verdict, error) {
	line, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	if _, err := j.in.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	line, err = j.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("the judge: %w", err)
	}
	var v verdict
	if err := json.Unmarshal(line, &v); err != nil {
		return nil, err
	}
	if v.Error != "" {
		return nil, errors.New("the judge: " + v.Error)
	}
	return &v, nil
}

func (j *judge) stop() error {
	if err := j.in.Close(); err != nil {
		return err
	}
	return j.command.Wait()
}
