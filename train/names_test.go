package train

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestOptimizerByName(t *testing.T) {
	for _, name := range OptimizerNames() {
		opt, err := OptimizerByName(name, 0.01)
		if err != nil {
			t.Fatal(err)
		}
		manifest, err := json.Marshal(opt)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(manifest), `"weight_decay":0.01`) {
			t.Errorf("%s: manifest %s does not tell the weight decay", name, manifest)
		}
		if other, _ := OptimizerByName(name, 0.01); other == opt {
			t.Errorf("%s: the same optimizer twice", name)
		}
	}
	if nesterov, _ := OptimizerByName("nesterov", 0); !nesterov.(*Momentum).Nesterov {
		t.Error("nesterov does not look ahead")
	}
	_, err := OptimizerByName("Adam", 0)
	if err == nil || !strings.Contains(err.Error(), `got "Adam", want one of sgd, momentum, nesterov, adam, adamw`) {
		t.Errorf("an unknown name: got error %v", err)
	}
	for _, decay := range []float64{-1, 1, math.NaN()} {
		if _, err := OptimizerByName("sgd", decay); err == nil {
			t.Errorf("weight decay %v was accepted", decay)
		}
	}
}

func TestScheduleByName(t *testing.T) {
	for _, name := range ScheduleNames() {
		if _, err := ScheduleByName(name); err != nil {
			t.Error(err)
		}
	}
	_, err := ScheduleByName("linear")
	if err == nil || !strings.Contains(err.Error(), `got "linear", want one of constant, cosine`) {
		t.Errorf("an unknown name: got error %v", err)
	}
}

func ExampleScheduleByName() {
	schedule, err := ScheduleByName("cosine")
	if err != nil {
		fmt.Println(err)
		return
	}
	for step := 0; step <= 100; step += 20 {
		fmt.Printf("%3d %.3f\n", step, schedule.Factor(step, 100))
	}
	// Output:
	//   0 0.091
	//  20 0.973
	//  40 0.775
	//  60 0.472
	//  80 0.205
	// 100 0.100
}
