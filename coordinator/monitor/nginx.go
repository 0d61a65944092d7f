package monitor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// An nginx is the page of its stub_status module.
type nginx struct {
	web *web
	url string
}

func (n *nginx) read(ctx context.Context) (reading, error) {
	body, err := n.web.get(ctx, n.url, "text/plain", 64<<10)
	if err != nil {
		return reading{}, err
	}
	return readNginx(string(body))
}

func (n *nginx) close() { n.web.close() }

// readNginx reads
//
//	Active connections: 2
//	server accepts handled requests
//	 10 10 31
//	Reading: 0 Writing: 1 Waiting: 1
func readNginx(text string) (reading, error) {
	var active, accepts, handled, requests, reads, writes, waits float64
	text = strings.Join(strings.Fields(text), " ")
	n, err := fmt.Sscanf(text, "Active connections: %g server accepts handled requests %g %g %g Reading: %g Writing: %g Waiting: %g",
		&active, &accepts, &handled, &requests, &reads, &writes, &waits)
	if err != nil || n != 7 {
		return reading{}, errors.New("the answer is no page of nginx's stub_status")
	}
	connections := func(label string, v float64, main bool) number {
		return number{MonitorSeries: stats.MonitorSeries{Name: "connections." + label, Chart: "connections", Label: label, Main: main}, v: v}
	}
	rate := func(label string, v float64, main bool) number {
		return number{MonitorSeries: stats.MonitorSeries{Name: label, Chart: "accepted and asked", Label: label, Unit: "/s", Main: main}, nature: counter, v: v}
	}
	return reading{numbers: []number{
		connections("active", active, true), connections("reading", reads, false), connections("writing", writes, true), connections("waiting", waits, false),
		rate("accepts", accepts, false), rate("requests", requests, true),
		{MonitorSeries: stats.MonitorSeries{Name: "dropped", Chart: "dropped connections", Label: "accepted and dropped", Unit: "/s", Main: true}, nature: counter, v: accepts - handled},
	}}, nil
}
