package price

import (
	"strings"
	"time"
)

// Hours is how many hours are billed of a resource that exists for so long: every hour that was begun, and one at least.
// Powered off it is billed like any other time; only deleting it ends that. By Linode's billing documentation.
func Hours(d time.Duration) int {
	if d <= time.Hour {
		return 1
	}
	return int((d-1)/time.Hour) + 1
}

// span writes a duration without the zeros that Go gives it: 1h10m.
func span(d time.Duration) string {
	text := d.Round(time.Second).String()
	if cut, is := strings.CutSuffix(text, "m0s"); is {
		text = cut + "m"
	}
	if cut, is := strings.CutSuffix(text, "h0m"); is {
		text = cut + "h"
	}
	return text
}

// many writes 1 as "1 hour", and 2 as "2 hours".
func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return thousands(int64(n)) + " " + what + "s"
}
