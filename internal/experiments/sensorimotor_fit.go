package experiments

import "math"

// SensorimotorData returns the mean adaptation of the participants by group.
func SensorimotorData() [NumSensorimotorGroups]float64 {
	return [...]float64{Cue1Plus: .22725, Cue2Plus: .18028, Cue1Minus: .09947, Cue2Minus: .05658}
}

// SensorimotorFit is a fit of simulated adaptation to the participants' by a
// scale alone.
type SensorimotorFit struct {
	// Fitted is Scale·mean for each group, SEM Scale times the standard error of
	// the mean, and Error the sum of the squares of Fitted minus data.
	Fitted [NumSensorimotorGroups]float64 `json:"fitted"`
	SEM    [NumSensorimotorGroups]float64 `json:"sem"`
	Scale  float64                        `json:"scale"`
	Error  float64                        `json:"error"`
}

// FitSensorimotor fits the mean of some results. If all of them are 0 so is the
// fit.
func FitSensorimotor(results []SensorimotorResult) SensorimotorFit {
	var f SensorimotorFit
	data := SensorimotorData()
	n := float64(len(results))
	var v [NumSensorimotorGroups]float64
	vd, vv := 0.0, 0.0
	for g := range v {
		for _, r := range results {
			v[g] += r.Adaptation[g] / n
		}
		vd += v[g] * data[g]
		vv += v[g] * v[g]
	}
	if vv != 0 {
		f.Scale = vd / vv
	}
	for g := range v {
		f.Fitted[g] = f.Scale * v[g]
		f.Error += (f.Fitted[g] - data[g]) * (f.Fitted[g] - data[g])
		ss := 0.0
		for _, r := range results {
			ss += (r.Adaptation[g] - v[g]) * (r.Adaptation[g] - v[g])
		}
		f.SEM[g] = math.Abs(f.Scale) * math.Sqrt(ss/max(1, n-1)/n)
	}
	return f
}
