package service

import (
	"strings"
	"testing"
)

func TestItemsAreKeptAndCached(t *testing.T) {
	s, shared := newService(t, with(upstream(t, echo), "cache", "memory", "items", "20"))
	if w := ask(s, "GET", "/items/3/detail"); w.Code != 200 || !strings.Contains(w.Body.String(), "Item 3 of the catalogue") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := post(s, "/items", `{"id":"lamp","name":"A lamp","price_cents":1990}`); w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for _, path := range []string{"/cached/items/lamp/detail", "/cached/items/lamp"} {
		for _, how := range []string{"miss", "hit"} {
			w := ask(s, "GET", path)
			if got := w.Header().Get("X-Cache"); w.Code != 200 || got != how || !strings.Contains(w.Body.String(), "lamp") {
				t.Errorf("%s: %d, %s instead of a %s: %s", path, w.Code, got, how, w.Body)
			}
			if timing := w.Header().Get("Server-Timing"); strings.Contains(timing, "cache;") == false || how == "hit" && strings.Contains(timing, "db;") {
				t.Errorf("%s, a %s: %s", path, how, timing)
			}
		}
	}
	if w := ask(s, "GET", "/cached/items/none/detail"); w.Code != 404 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	st := shared.Stats()
	if st.Cache.Hits != 2 || st.Cache.Misses < 2 || len(st.Databases) != 1 || st.Databases[0].Calls == 0 || st.Databases[0].InUse != 0 {
		t.Errorf("%+v %+v", st.Cache, st.Databases)
	}
}
