// Command routes makes random platforms, asks lint which routes of them answer, and Traefik's own code, and prints where they do not agree.
// Package traefik below it is the judge.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"time"
)

// holdExamples compares the examples of lint's documentation.
func holdExamples(ctx context.Context, program string) error {
	j, err := startJudge(ctx, program)
	if err != nil {
		return err
	}
	checked, differences, err := examples(j)
	if err = errors.Join(err, j.stop()); err != nil {
		return err
	}
	fmt.Printf("%d rules with examples\n", checked)
	if len(differences) > 0 {
		return fmt.Errorf("the documentation of rules is wrong:\n%s", strings.Join(differences, "\n"))
	}
	return nil
}

// rulesEvery is for how many platforms there is one comparison of rules alone.
const rulesEvery = 4

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	judge := flag.String("judge", "", "the judge's program")
	platforms := flag.Int("platforms", 10_000, "how many platforms to make")
	seed := flag.Uint64("seed", 1, "the seed of the first one; that of each other one is one more")
	show := flag.Int("show", 5, "how many platforms that are judged differently to print in full")
	flag.Parse()
	if *judge == "" {
		return fmt.Errorf("-judge is missing: make routes builds it")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	if err := holdExamples(ctx, *judge); err != nil {
		return err
	}
	start := time.Now()
	seeds := make(chan uint64)
	var (
		all   = tally{kinds: map[string]int{}}
		mutex sync.Mutex
		wait  sync.WaitGroup
		first error
	)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			j, err := startJudge(ctx, *judge)
			for s := range seeds {
				if err != nil {
					continue
				}
				one := tally{kinds: map[string]int{}}
				if err = compare(j, newPlatform(s), &one); err != nil {
					err = fmt.Errorf("platform %d: %w", s, err)
				} else if s%rulesEvery == 0 {
					err = compareRules(j, s, &one)
				}
				mutex.Lock()
				all.add(&one, *show)
				mutex.Unlock()
			}
			if err == nil {
				err = j.stop()
			}
			if err != nil {
				cancel()
				mutex.Lock()
				first = err
				mutex.Unlock()
			}
		})
	}
	for s := range *platforms {
		select {
		case seeds <- *seed + uint64(s):
		case <-ctx.Done():
		}
	}
	close(seeds)
	wait.Wait()
	if first != nil {
		return first
	}
	fmt.Printf("%s in %s\n", all.String(), time.Since(start).Round(time.Second))
	if all.disagreements > 0 {
		return fmt.Errorf("%d platforms are judged differently:\n%s", all.disagreements, strings.Join(all.shown, "\n"))
	}
	return all.enough(*platforms)
}
