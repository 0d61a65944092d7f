package wire

import (
	"time"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/scenarios"
)

// DecodeOptions is all that the coordinator parsed the scenario with: with the same,
// every side has the same rows and requests.
func DecodeOptions(p *loadctlpb.Prepare) scenarios.Options {
	return scenarios.Options{
		Vars: p.GetVars(), BaseURL: p.GetBaseUrl(), File: FindFile(p.GetFiles()), Trial: decodeTrial(p.GetTrial()),
		ServerTiming: p.GetServerTiming(), Level: decodeLevel(p.GetLevel()),
	}
}

// EncodeTrial tells of the load of a null run; nil of that of the file.
func EncodeTrial(t *scenarios.Trial) *loadctlpb.Trial {
	if t == nil {
		return nil
	}
	return &loadctlpb.Trial{
		BaseUrl: t.BaseURL, Rate: t.Rate, Users: uint32(t.Users), MaxVus: uint32(t.MaxVUs), WarmNs: int64(t.Warm), LengthNs: int64(t.Length),
	}
}

func decodeTrial(t *loadctlpb.Trial) *scenarios.Trial {
	if t == nil {
		return nil
	}
	return &scenarios.Trial{
		BaseURL: t.GetBaseUrl(), Rate: t.GetRate(), Users: int(t.GetUsers()), MaxVUs: int(t.GetMaxVus()),
		Warm: time.Duration(t.GetWarmNs()), Length: time.Duration(t.GetLengthNs()),
	}
}

// EncodeLevel tells of the load of a search's trial; nil of that of the file.
func EncodeLevel(l *scenarios.Level) *loadctlpb.Level {
	if l == nil {
		return nil
	}
	return &loadctlpb.Level{
		Rate: l.Rate, Users: uint32(l.Users), Connections: uint32(l.Connections), SettleNs: int64(l.Settle), LengthNs: int64(l.Length), Slo: l.SLO,
	}
}

func decodeLevel(l *loadctlpb.Level) *scenarios.Level {
	if l == nil {
		return nil
	}
	return &scenarios.Level{
		Rate: l.GetRate(), Users: int(l.GetUsers()), Connections: int(l.GetConnections()),
		Settle: time.Duration(l.GetSettleNs()), Length: time.Duration(l.GetLengthNs()), SLO: l.GetSlo(),
	}
}
