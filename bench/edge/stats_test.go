package main

import "testing"

func TestMedian(t *testing.T) {
	tests := []struct {
		in           []float64
		want, spread float64
	}{
		{nil, 0, 0},
		{[]float64{3}, 3, 0},
		{[]float64{9, 1, 2}, 2, 4},
		{[]float64{4, 1, 3, 2}, 2.5, 1.2},
		{[]float64{5, 5, 5, 500, 5}, 5, 99},
	}
	for _, tt := range tests {
		before := append([]float64(nil), tt.in...)
		if got := median(tt.in); got != tt.want {
			t.Errorf("median(%v) = %v, want %v", tt.in, got, tt.want)
		}
		if got := spread(tt.in); got != tt.spread {
			t.Errorf("spread(%v) = %v, want %v", tt.in, got, tt.spread)
		}
		for i := range before {
			if before[i] != tt.in[i] {
				t.Fatalf("%v was reordered to %v", before, tt.in)
			}
		}
	}
}
