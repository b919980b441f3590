package main

import "slices"

// median returns the middle value, or the mean of the two middle ones, and 0
// of nothing. It leaves values as they are.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	mid := len(s) / 2
	if len(s)%2 == 1 {
		return s[mid]
	}
	return (s[mid-1] + s[mid]) / 2
}

// spread returns how far the values lie apart: (greatest − least) / median.
// A wide spread says that the machine was busy with something else.
func spread(values []float64) float64 {
	m := median(values)
	if m == 0 {
		return 0
	}
	return (slices.Max(values) - slices.Min(values)) / m
}
