package h1

import "net/http"

// reason is the usual phrase of a status.
func reason(status int) string {
	if text := http.StatusText(status); text != "" {
		return text
	}
	return "Unknown"
}
