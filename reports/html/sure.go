package html

import "github.com/loadctl/loadctl/reports/view"

// A SureRow is how sure the run is of one percentile.
type SureRow struct {
	P                                float64
	Value                            view.Quantile
	Between, Episodes, Label, Longer string
}

func sureRows(v *view.View) (rows []SureRow) {
	values := v.Response.All()
	for n, i := range v.Sure {
		rows = append(rows, SureRow{
			P: i.P, Value: values[n], Between: view.Between(i, v.Info.Timeout), Episodes: view.Episodes(i), Label: view.Label(i), Longer: view.Longer(i),
		})
	}
	return rows
}

// sureNote says below a percentile between which times it lies.
func sureNote(v *view.View, p float64) string {
	switch i := v.Sure.Of(p); {
	case i.P == 0:
		return ""
	case i.Withheld:
		return "too few requests to tell"
	case i.Reliable:
		return "95 % sure: " + view.BetweenMillis(i, v.Info.Timeout)
	default:
		return "indicative: " + view.BetweenMillis(i, v.Info.Timeout)
	}
}
