package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"

	"github.com/loadctl/loadctl/target/catalogue"
)

// A fault is one thing that is wrong with a request, where FastAPI would say so.
type fault struct {
	Where []string `json:"loc"`
	What  string   `json:"msg"`
	Kind  string   `json:"type"`
}

// A draft is an item as a client sends it.
type draft struct {
	ID    string  `json:"id"`
	Name  *string `json:"name"`
	Price *int64  `json:"price_cents"`
	Stock int64   `json:"stock"`
}

var idShape = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

const longestName = 200

// posted reads a new item, or says everything that is wrong with it.
func posted(body []byte) (catalogue.Item, []fault) {
	var d draft
	read := json.NewDecoder(bytes.NewReader(body))
	read.DisallowUnknownFields()
	err := read.Decode(&d)
	if err == nil {
		if _, more := read.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something comes after the object")
		}
	}
	if err != nil {
		return catalogue.Item{}, []fault{{[]string{"body"}, err.Error(), "json_invalid"}}
	}
	faults := d.faults()
	if len(faults) > 0 {
		return catalogue.Item{}, faults
	}
	return catalogue.Item{ID: d.ID, Name: *d.Name, Price: *d.Price, Stock: d.Stock}, nil
}

func (d draft) faults() (all []fault) {
	bad := func(field, what, kind string) { all = append(all, fault{[]string{"body", field}, what, kind}) }
	if d.ID != "" && !idShape.MatchString(d.ID) {
		bad("id", "must be 1 to 64 letters, digits, dots, dashes or underscores", "pattern")
	}
	switch {
	case d.Name == nil:
		bad("name", "is required", "missing")
	case *d.Name == "" || len(*d.Name) > longestName:
		bad("name", "must have 1 to 200 bytes", "length")
	}
	switch {
	case d.Price == nil:
		bad("price_cents", "is required", "missing")
	case *d.Price < 0:
		bad("price_cents", "must not be negative", "range")
	}
	if d.Stock < 0 {
		bad("stock", "must not be negative", "range")
	}
	return all
}
