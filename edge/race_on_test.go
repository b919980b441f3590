//go:build race

package edge

const raceDetector = true // it makes allocations of its own
