package node

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTaskComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failures []string
		tasks := newTasks(slog.New(slog.DiscardHandler), func(task, failure string) { failures = append(failures, task+": "+failure) })
		began := time.Now()
		var at []time.Duration
		k := tasks.add("shaky", func(ctx context.Context) error {
			at = append(at, time.Since(began))
			switch len(at) {
			case 1:
				return errors.New("broken")
			case 2:
				panic("very broken")
			case 3, 4:
				return errors.New("broken")
			}
			<-ctx.Done()
			return ctx.Err()
		})
		steady := tasks.add("steady", func(ctx context.Context) error {
			<-ctx.Done()
			return nil
		})
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		if h := k.health(); !h.waiting || h.failure != "broken" {
			t.Errorf("behind a failure: %+v", h)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond, 700 * time.Millisecond, 1500 * time.Millisecond}; !slices.Equal(at, want) {
			t.Errorf("it ran at %v, want %v", at, want)
		}
		if h := k.health(); h.waiting || h.restarts != 4 {
			t.Errorf("running again: %+v", h)
		}
		if len(failures) != 4 || failures[1] != "shaky: panic: very broken" {
			t.Errorf("reported: %q", failures)
		}
		if h := steady.health(); h != (health{}) || steady.over() {
			t.Errorf("the other task: %+v", h)
		}
		tasks.stop()
		if !k.over() || !steady.over() {
			t.Error("stop left a task behind")
		}
	})
}

func TestTaskPausesForLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tasks := newTasks(slog.New(slog.DiscardHandler), func(string, string) {})
		runs := 0
		k := tasks.add("hopeless", func(context.Context) error {
			runs++
			return errors.New("never")
		})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if runs < 20 || runs > 30 {
			t.Errorf("%d runs in 10 minutes", runs)
		}
		k.stop() // does not wait for the end of the pause
		if !k.over() {
			t.Error("it goes on")
		}
		tasks.stop()
	})
}

func TestTaskEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		tasks := newTasks(slog.New(slog.NewTextHandler(&log, nil)), func(string, string) { t.Error("an end is no failure") })
		release := make(chan struct{})
		over := tasks.add("short", func(context.Context) error { return nil })
		stuck := tasks.add("stuck", func(context.Context) error {
			<-release
			return errors.New("late")
		})
		synctest.Wait()
		if !over.over() || stuck.over() {
			t.Error("a task that returned nil has not ended, or another has")
		}
		tasks.stop()
		if !strings.Contains(log.String(), "does not end") || !strings.Contains(log.String(), "stuck") {
			t.Errorf("log: %s", log.String())
		}
		close(release)
	})
}
