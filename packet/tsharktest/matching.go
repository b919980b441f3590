package tsharktest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Matching lists the numbers of the frames for which tshark finds a display
// filter true.
func (t *Tshark) Matching(ctx context.Context, capture, filter string) ([]int, error) {
	out, err := t.output(ctx, append(slices.Clone(t.options), "-n", "-r", capture, "-Y", filter, "-T", "fields", "-e", "frame.number")...)
	if err != nil {
		return nil, err
	}
	var numbers []int
	for line := range strings.FieldsSeq(string(out)) {
		n, err := strconv.Atoi(line)
		if err != nil {
			return nil, fmt.Errorf("tshark -Y %s: %w", filter, err)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// Chains lists tshark's frame.protocols of each frame.
func (t *Tshark) Chains(ctx context.Context, capture string) ([]string, error) {
	out, err := t.output(ctx, append(slices.Clone(t.options), "-n", "-r", capture, "-T", "fields", "-e", "frame.protocols")...)
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimRight(string(out), "\n"), "\n"), nil
}
