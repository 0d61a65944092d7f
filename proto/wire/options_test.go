package wire

import (
	"reflect"
	"testing"
	"time"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/scenarios"
)

// TestTrialRoundTrip: agents make of a file what the coordinator made of it.
func TestTrialRoundTrip(t *testing.T) {
	for _, want := range []*scenarios.Trial{nil, {BaseURL: "http://127.0.0.1:9", Rate: 1.5, Users: 2, MaxVUs: 3, Warm: 4, Length: time.Second}} {
		got := DecodeOptions(&loadctlpb.Prepare{BaseUrl: "http://of.the.file", Trial: EncodeTrial(want), ServerTiming: true})
		if !got.ServerTiming || !reflect.DeepEqual(got.Trial, want) || got.BaseURL != "http://of.the.file" {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

// TestLevelRoundTrip: the same of a search's trial.
func TestLevelRoundTrip(t *testing.T) {
	for _, want := range []*scenarios.Level{nil, {Rate: 1.5, Users: 2, Connections: 3, Settle: 4, Length: time.Second, SLO: []string{"failed: rate<1%", "x"}}} {
		if got := DecodeOptions(&loadctlpb.Prepare{Level: EncodeLevel(want)}); !reflect.DeepEqual(got.Level, want) {
			t.Errorf("%+v, want %+v", got.Level, want)
		}
	}
}
