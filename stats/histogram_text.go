package stats

import "encoding/base64"

// MarshalText writes the histogram's sparse form in base64, for JSON lines.
func (h *Histogram) MarshalText() ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, h.Sparse()), nil
}

// UnmarshalText reads what MarshalText wrote. Text that is not exactly that is an
// error, and leaves h unchanged.
func (h *Histogram) UnmarshalText(text []byte) error {
	b, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return err
	}
	read, err := ParseSparse(b)
	if err != nil {
		return err
	}
	*h = Histogram{}
	if read != nil {
		*h = *read
	}
	return nil
}
