package linodetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// list is a page of the resources of a kind that lists show by now.
func (s *Simulator) list(c *call, kind rental.Kind, show func(*call, *resource) object) answer {
	var all []object
	for _, r := range s.of(kind) {
		if c.now.Sub(r.made) >= s.cfg.Unseen {
			all = append(all, show(c, r))
		}
	}
	return page(c, all)
}

// page is a page of what the filter finds.
func page(c *call, all []object) answer {
	found, err := filtered(c.Header.Get("X-Filter"), all)
	if err != nil {
		return wrong("X-Filter", err.Error())
	}
	number, size := numeric(c.Request, "page", 1), numeric(c.Request, "page_size", 100)
	if size < 25 || size > 500 {
		return wrong("page_size", "Must be 25-500")
	}
	pages := max(1, (len(found)+size-1)/size)
	if number < 1 || number > pages {
		return missing()
	}
	from := (number - 1) * size
	data := found[from:min(from+size, len(found))]
	return good(object{"data": some(data), "page": number, "pages": pages, "results": len(found)})
}

func numeric(req *http.Request, name string, instead int) int {
	n, err := strconv.Atoi(req.URL.Query().Get(name))
	if err != nil {
		return instead
	}
	return n
}

func filtered(text string, all []object) ([]object, error) {
	if text == "" {
		return all, nil
	}
	var filter object
	if err := json.Unmarshal([]byte(text), &filter); err != nil {
		return nil, fmt.Errorf("cannot decode: %w", err)
	}
	var found []object
	for _, o := range all {
		ok, err := finds(filter, o)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, o)
		}
	}
	return found, nil
}

// finds knows +and, +or, +contains and equality: what we send, and a little more.
func finds(filter, o object) (bool, error) {
	for key, want := range filter {
		var ok bool
		var err error
		switch key {
		case "+or", "+and":
			ok, err = several(key == "+and", want, o)
		default:
			ok, err = field(o[key], want)
		}
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func several(every bool, want any, o object) (bool, error) {
	list, ok := want.([]any)
	if !ok {
		return false, fmt.Errorf("+and and +or need a list")
	}
	for _, one := range list {
		f, ok := one.(object)
		if !ok {
			return false, fmt.Errorf("+and and +or need a list of objects")
		}
		if ok, err := finds(f, o); err != nil || ok != every {
			return ok, err
		}
	}
	return every, nil
}

func field(has, want any) (bool, error) {
	if f, ok := want.(object); ok {
		part, ok := f["+contains"].(string)
		if !ok || len(f) != 1 {
			return false, fmt.Errorf("the simulator knows +contains only, not %v", f)
		}
		return anyOf(has, func(text string) bool { return strings.Contains(text, part) }), nil
	}
	return anyOf(has, func(text string) bool { return text == fmt.Sprint(want) }), nil
}

func anyOf(has any, is func(string) bool) bool {
	if list, ok := has.([]string); ok {
		return slices.ContainsFunc(list, is)
	}
	return has != nil && is(fmt.Sprint(has))
}
