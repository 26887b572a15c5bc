package main

import (
	"fmt"
	"regexp"
)

// packageClause is the line that names the package of a file.
var packageClause = regexp.MustCompile(`(?m)^package [a-z0-9_]+`)

// runtimeTypes is what mutants call, for the type checker.
const runtimeTypes = `package mutation

func On(n int) bool { return false }

func Zero[T any](n int, v T) T { return v }

func Add[T int | int8 | int16 | int32 | int64 | uint | uint8 | uint16 | uint32 | uint64 | uintptr](n int, v T) T { return v }
`

// runtimeSource is what mutants call. Tests start other processes with environments of their own, so which mutant is on, and
// what was reached, is in files of a folder.
func runtimeSource(folder string) string {
	return fmt.Sprintf(`package mutation

import (
	"os"
	"strconv"
	"strings"
	"sync"
)

const folder = %q

var active = func() int {
	text, err := os.ReadFile(folder + "/active")
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		panic(err)
	}
	return n
}()

var (
	lock    sync.Mutex
	reached = map[int]bool{}
)

// On reports whether the mutant is on. With -1 in the file, it notes that the mutant was reached.
func On(n int) bool {
	if active != -1 {
		return active == n
	}
	lock.Lock()
	defer lock.Unlock()
	if !reached[n] {
		reached[n] = true
		f, err := os.OpenFile(folder+"/reached", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.WriteString(strconv.Itoa(n) + "\n")
			f.Close()
		}
		if err != nil {
			panic(err)
		}
	}
	return false
}

// Zero is v, or the zero value when the mutant is on.
func Zero[T any](n int, v T) T {
	if On(n) {
		var zero T
		return zero
	}
	return v
}

// Add is v, or one more when the mutant is on.
func Add[T int | int8 | int16 | int32 | int64 | uint | uint8 | uint16 | uint32 | uint64 | uintptr](n int, v T) T {
	if On(n) {
		return v + 1
	}
	return v
}
`, folder)
}
