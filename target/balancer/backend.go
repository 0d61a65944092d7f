package balancer

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseBackend reads what a flag says of a backend: ADDRESS, or with options behind
// it as in 127.0.0.1:8001,name=a,weight=2,max_connections=100,backup.
func ParseBackend(text string) (b Backend, err error) {
	words := strings.Split(text, ",")
	b.Address = words[0]
	for _, w := range words[1:] {
		if err := b.option(w); err != nil {
			return b, fmt.Errorf("backend %q: %w", text, err)
		}
	}
	return b, nil
}

func (b *Backend) option(text string) (err error) {
	key, value, given := strings.Cut(text, "=")
	switch key {
	case "name":
		b.Name = value
	case "weight":
		b.Weight, err = whole(key, value)
	case "max_connections":
		b.MaxConnections, err = whole(key, value)
	case "backup":
		if given {
			return fmt.Errorf("backup takes no value, got %q", value)
		}
		b.Backup = true
	default:
		there := []string{"name", "weight", "max_connections", "backup"}
		near := ask(key, there)
		return fmt.Errorf("unknown option %q: %s%s", key, strings.Join(there, ", "), either(near != "", " ("+near+")", ""))
	}
	return err
}

func whole(key, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s must be a whole number from 1, got %q", key, value)
	}
	return n, nil
}
