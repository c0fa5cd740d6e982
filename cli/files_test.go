package cli

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// writeFile writes a file in a folder that is made if need be.
func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
}

// npy is an array of float64, or of int64, in NumPy's format.
func npy(shape string, values any) []byte {
	kind := "<f8"
	if _, ok := values.([]int64); ok {
		kind = "<i8"
	}
	header := fmt.Sprintf("{'descr': '"+kind+"', 'fortran_order': False, 'shape': %s, }", shape)
	header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n"
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	_ = binary.Write(&b, binary.LittleEndian, uint16(len(header)))
	b.WriteString(header)
	_ = binary.Write(&b, binary.LittleEndian, values)
	return b.Bytes()
}

// makeFiles writes data of all sorts into a folder: the sign of a sum to tell, or the
// sum.
func makeFiles(t *testing.T, dir string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	regression, binary := "a,b,c,price\n", "a;b;c;answer\r\n"
	var x []float64
	var y []int64
	for range 300 {
		a, b, c := rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()
		sum := a - 2*b + 0.5*c
		regression += fmt.Sprintf("%.5f,%.5f,%.5f,%.5f\n", a, b, c, 10*sum)
		binary += fmt.Sprintf("%.5f;%.5f;%.5f;\"%s\"\r\n", a, b, c, map[bool]string{true: "yes", false: "no"}[sum > 0])
		x = append(x, a, b, c)
		y = append(y, map[bool]int64{true: 8, false: 7}[sum > 0])
	}
	writeFile(t, filepath.Join(dir, "house.csv"), []byte(regression))
	writeFile(t, filepath.Join(dir, "answers.csv"), []byte(binary))
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string][]byte{"x.npy": npy("(300, 3)", x), "y.npy": npy("(300,)", y)} {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "d.npz"), b.Bytes())
	writeFile(t, filepath.Join(dir, "x.npy"), npy("(300, 3)", x))
	for class := range 3 {
		for i := range 30 {
			m := image.NewGray(image.Rect(0, 0, 9, 9))
			for p := range 81 {
				m.SetGray(p%9, p/9, color.Gray{Y: uint8(rng.IntN(60) + 150*map[bool]int{true: 1}[p/27 == class])})
			}
			b.Reset()
			if err := png.Encode(&b, m); err != nil {
				t.Fatal(err)
			}
			part := map[bool]string{true: "train", false: "test"}[i < 24]
			writeFile(t, filepath.Join(dir, "pictures", part, fmt.Sprintf("class%d", class), fmt.Sprintf("%d.png", i)), b.Bytes())
		}
	}
}

// in runs a command in a folder.
func in(t *testing.T, dir string, args ...string) outcome {
	t.Helper()
	cmd := command(t, args...)
	cmd.Dir = dir
	return finish(t, cmd)
}

// Users' own files train, evaluate and answer by their names alone.
func TestOwnFiles(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	for _, c := range []struct {
		name, flags string
		key         string // of the last line, and what it has to exceed
		least       float64
	}{
		{"regression", "--data house.csv:target=price --lr 0.02 --epochs 20", "test_r2", 0.9},
		{"classes", "--data answers.csv:target=answer --lr 0.01 --epochs 10", "test_error", -0.15},
		{"one unit", "--data answers.csv:target=answer --model mlp:3-16-1 --lr 0.01 --epochs 10", "test_error", -0.15},
		{"npz", "--data d.npz --lr 0.01 --epochs 10", "test_error", -0.15},
		{"pictures", "--data pictures --model convnet:8 --lr 0.003 --epochs 4", "test_error", -0.1},
		{"unlabelled", "--data x.npy --model autoencoder:3-2 --lr 0.01 --epochs 5", "test_squared_error", 0},
	} {
		out := "run-" + strings.ReplaceAll(c.name, " ", "-")
		args := append([]string{"train", "--out", out, "--rule", "pc", "--batch", "16", "--json"}, strings.Fields(c.flags)...)
		got := in(t, dir, args...)
		if got.code != 0 {
			t.Errorf("%s: exit code %d, %s", c.name, got.code, got.stderr)
			continue
		}
		lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
		var last map[string]any
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
			t.Fatal(err)
		}
		value, ok := last[c.key].(float64)
		if c.least < 0 {
			value = -value
		}
		if !ok || value < c.least {
			t.Errorf("%s: %s, got %v, want it beyond %v: %s", c.name, c.key, last[c.key], math.Abs(c.least), lines[len(lines)-1])
		}
		again := in(t, dir, "evaluate", "--out", out, "--json")
		var e map[string]any
		if err := json.Unmarshal([]byte(again.stdout), &e); err != nil || e[c.key] != last[c.key] {
			t.Errorf("%s: evaluate, got %s%s, want %s %v", c.name, again.stdout, again.stderr, c.key, last[c.key])
		}
		if q := in(t, dir, "query", "--out", out, "--clamp", "x=test:0..3", "--format", "csv"); q.code != 0 || strings.Count(q.stdout, "\n") != 5 || !strings.HasPrefix(q.stdout, "sample") {
			t.Errorf("%s: query, got %d, %s%s", c.name, q.code, q.stdout, q.stderr)
		}
	}
	// A number to predict is clamped as it is.
	if q := in(t, dir, "query", "--out", "run-regression", "--clamp", "x=test:0", "--clamp", "y=3.5", "--energy"); q.code != 0 || !strings.Contains(q.stdout, "energy") {
		t.Errorf("query, got %d, %s%s", q.code, q.stdout, q.stderr)
	}
	if q := in(t, dir, "query", "--out", "run-regression", "--clamp", "y=test:0..2", "--read", "x", "--format", "csv"); q.code != 0 || strings.Count(q.stdout, "\n") != 4 || !strings.HasPrefix(q.stdout, "sample,x_0,x_1,x_2\n0,") {
		t.Errorf("query backwards, got %d, %s%s", q.code, q.stdout, q.stderr)
	}
}

// Validation stops a run, and the weights of its best epoch are what is kept.
func TestPatience(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	train := []string{"train", "--data", "d.npz", "--rule", "bp", "--lr", "0.05", "--batch", "8", "--val-split", "0.3", "--patience", "2", "--json", "--out"}
	whole := in(t, dir, append(train, "whole", "--epochs", "60")...)
	if whole.code != 0 {
		t.Fatal(whole.stderr)
	}
	lines := strings.Split(strings.TrimSpace(whole.stdout), "\n")
	var epochs []map[string]any
	for _, line := range lines {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		epochs = append(epochs, e)
	}
	done := epochs[len(epochs)-1]
	best, last := int(done["epoch"].(float64)), len(epochs)-1
	if last >= 60 || last != best+2 {
		t.Errorf("stopped after %d epochs, the best is %d, want to stop 2 later", last, best)
	}
	for i, e := range epochs[:last] {
		if v := e["val_error"].(float64); v < done["val_error"].(float64) || i+1 < best && v == done["val_error"].(float64) {
			t.Errorf("epoch %d has the validation error %v, and %d, with %v, was kept", i+1, v, best, done["val_error"])
		}
	}
	if e := in(t, dir, "evaluate", "--out", "whole", "--json"); !strings.Contains(e.stdout, fmt.Sprintf(`"test_squared_error":%v`, done["test_squared_error"])) {
		t.Errorf("evaluate, got %s, want that of the best epoch, %v", e.stdout, done["test_squared_error"])
	}
	// A run that was killed in between ends with the same.
	cmd := exec.Command(command(t).Path, append(train, "killed", "--epochs", "60", "--checkpoint-every", "1")...)
	cmd.Dir, cmd.Env = dir, command(t).Env
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 100)
	_, _ = out.Read(buffer) // the first epoch's line
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	resumed := in(t, dir, append(train, "killed", "--epochs", "60", "--resume")...)
	after := strings.Split(strings.TrimSpace(resumed.stdout), "\n")
	var end map[string]any
	if err := json.Unmarshal([]byte(after[len(after)-1]), &end); err != nil {
		t.Fatalf("%v: %s%s", err, resumed.stdout, resumed.stderr)
	}
	for _, key := range []string{"epoch", "val_error", "test_squared_error", "train_energy"} {
		if end[key] != done[key] {
			t.Errorf("%s: resumed, got %v, want %v", key, end[key], done[key])
		}
	}
}

// A dataset's name is not a folder that happens to be called so.
func TestNameBeforeFolder(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	if err := os.Rename(filepath.Join(dir, "pictures"), filepath.Join(dir, "glyphs")); err != nil {
		t.Fatal(err)
	}
	train := strings.Fields("train --rule bp --epochs 1 --train-per-class 5 --json --data")
	if got := in(t, dir, append(train, "Glyphs")...); got.code != 0 || !strings.Contains(got.stdout, `"data":"glyphs"`) {
		t.Errorf("the name: got %d, %s%s", got.code, got.stdout, got.stderr)
	}
	if got := in(t, dir, append(train, "./glyphs")...); got.code != 0 || !strings.Contains(got.stdout, `"data":"./glyphs"`) {
		t.Errorf("the folder: got %d, %s%s", got.code, got.stdout, got.stderr)
	}
}

// What files cannot mean is said in one line with the remedy.
func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	writeFile(t, filepath.Join(dir, "ragged.csv"), []byte("a,b,y\n1,2,0\n1,2\n"))
	writeFile(t, filepath.Join(dir, "empty.csv"), nil)
	writeFile(t, filepath.Join(dir, "word.csv"), []byte("a,b\n1,x\n2,y\n"))
	prices := "rooms,price\n"
	for i := range 60 {
		prices += fmt.Sprintf("%d,%d\n", i%5, 1000*i)
	}
	writeFile(t, filepath.Join(dir, "price.csv"), []byte(prices))
	writeFile(t, filepath.Join(dir, "torn.npz"), []byte("PK\x03\x04"))
	for flags, want := range map[string]string{
		"--data missing.csv":                                "missing.csv",
		"--data house.csv":                                  "settings stand behind the name: house.csv:target=COLUMN",
		"--data price.csv:target=price":                     "say task=classification or task=regression",
		"--data word.csv:target=a":                          "name the column by ignore= or target=",
		"--data house.csv:target=prise":                     `"prise", want one of a, b, c, price`,
		"--data house.csv:tagret=price":                     `unknown field "tagret"`,
		"--data ragged.csv":                                 "ragged.csv",
		"--data empty.csv":                                  "empty.csv",
		"--data torn.npz":                                   "torn.npz",
		"--data d.npz --model mlp:9-2":                      "has 3 inputs and 2 classes; use --model mlp:3-2",
		"--data house.csv:target=price --model mlp:3-4":     "has 3 inputs and 1 numbers to predict; use --model mlp:3-1",
		"--data x.npy":                                      "has no targets; choose a model that reconstructs, such as autoencoder",
		"--data d.npz --model convnet":                      "has samples of shape [3], and the model is for images",
		"--data d.npz --model transformer":                  "is no text",
		"--data d.npz --patience 3":                         "add --val-split 0.1",
		"--data d.npz --val-split 1":                        "--val-split, got 1",
		"--data d.npz --freeze h7":                          `--freeze: train: groups: "h7" matches no parameter`,
		"--data d.npz --clip -1":                            "--clip, got -1",
		"--data d.npz --rates h7=2":                         `--rates: train: groups: "h7" matches no parameter`,
		"--data d.npz --rates h1/*":                         `--rates, got "h1/*", want PATTERN=FACTOR`,
		"--data d.npz --rates h1=0":                         "--freeze h1 for parameters that do not learn",
		"--data d.npz --rates h1=Inf":                       "want a positive finite factor",
		"--data d.npz --freeze h1 --rates h1=2":             `--rates: train: groups: "h1" matches no parameter, or none that an earlier`,
		"--data d.npz --augment crop:1":                     "--augment: --data d.npz: datasets: augmentation 0: random crop: shape of a sample, got [3], want [rows columns]",
		"--data sums --model transformer:16 --augment flip": "a text has no pictures to change",
		"--data pictures --augment crop":                    "Padding, got 0, want at least 1 pixel",
		"--data pictures --augment flip,corp:2":             `did you mean "crop"?`,
		"--data pictures --augment flip,,crop:2":            `got ""`,
		"--data pictures --augment rotate:400":              "Degrees, got 400",
		"--data pictures --augment crop:x":                  "got \"crop:x\"",
	} {
		got := in(t, dir, append([]string{"train"}, strings.Fields(flags)...)...)
		if got.code == 0 || !strings.Contains(got.stderr, want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: got %d, %s\nwant one line with %s", flags, got.code, got.stderr, want)
		}
	}
}

// Questions take arrays and pictures from files.
func TestQueryFiles(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir)
	for _, flags := range []string{"--data d.npz --out npz", "--data pictures --pixels unit --epochs 6 --lr 0.01 --out pic", "--data pictures --out standard"} {
		if got := in(t, dir, append(strings.Fields("train --rule pc --batch 16"), strings.Fields(flags)...)...); got.code != 0 {
			t.Fatal(got.stderr)
		}
	}
	writeFile(t, filepath.Join(dir, "two.npy"), npy("(2, 3)", []float64{1, 2, 3, -1, -2, -3}))
	fromFile := in(t, dir, "query", "--out", "npz", "--clamp", "x=@two.npy")
	typed := in(t, dir, "query", "--out", "npz", "--clamp", "x=1,2,3,-1,-2,-3")
	if fromFile.code != 0 || fromFile.stdout != typed.stdout || !strings.Contains(typed.stdout, "\n1  ") {
		t.Errorf("got\n%s%s\nwant\n%s", fromFile.stdout, fromFile.stderr, typed.stdout)
	}
	// The picture is the same as from the data, where it is the first of its class.
	picture := in(t, dir, "query", "--out", "pic", "--clamp", "x=@pictures/test/class1/24.png", "--format", "csv")
	data := in(t, dir, "query", "--out", "pic", "--clamp", "x=test:6", "--format", "csv")
	y, found := strings.CutPrefix(picture.stdout, "sample,class,y_0,y_1,y_2\n0,class1,")
	if picture.code != 0 || !found {
		t.Errorf("got\n%s%s", picture.stdout, picture.stderr)
	}
	if want := "sample,class,truth,y_0,y_1,y_2\n0,class1,class1," + y; data.stdout != want {
		t.Errorf("the picture, got\n%s\nfrom the data\n%s", picture.stdout, data.stdout)
	}
	for clamp, want := range map[string]string{
		"x=@missing.npy":                 "missing.npy",
		"x=@house.csv":                   "want one that ends in .npy, .png or .jpg",
		"x=@pictures/test/class1/24.png": "the node holds no pictures",
	} {
		if got := in(t, dir, "query", "--out", "npz", "--clamp", clamp); got.code == 0 || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: got %d, %s\nwant %s", clamp, got.code, got.stderr, want)
		}
	}
	// A picture is standardised as the training pictures were.
	picture = in(t, dir, "query", "--out", "standard", "--clamp", "x=@pictures/test/class1/24.png", "--format", "csv")
	data = in(t, dir, "query", "--out", "standard", "--clamp", "x=test:6", "--format", "csv")
	if y, found := strings.CutPrefix(picture.stdout, "sample,class,y_0,y_1,y_2\n0,class1,"); !found || data.stdout != "sample,class,truth,y_0,y_1,y_2\n0,class1,class1,"+y {
		t.Errorf("the picture, got\n%s%s\nfrom the data\n%s", picture.stdout, picture.stderr, data.stdout)
	}
}

// Files that other programs made, and the settings of their readers.
func TestForeignFiles(t *testing.T) {
	foreign, err := filepath.Abs("../datasets/testdata/foreign")
	if err != nil {
		t.Fatal(err)
	}
	for data, key := range map[string]string{
		"iris.parquet:target=species": "test_error", "hub": "test_error", "digits.npz": "test_error",
		"regression.npz": "test_r2", "onehot.npz:one_hot": "test_error", "houses.parquet:targets=price;rent": "test_r2",
		"kaggle.csv": "test_error", "iris.csv:target=species": "test_error",
	} {
		got := in(t, t.TempDir(), "train", "--rule", "bp", "--epochs", "1", "--batch", "4", "--json", "--data", filepath.Join(foreign, data))
		if got.code != 0 || !strings.Contains(got.stdout, `"`+key+`"`) {
			t.Errorf("%s: got %d, %s%s\nwant %s", data, got.code, got.stdout, got.stderr, key)
		}
	}
	for data, want := range map[string]string{
		"iris.parquet":           "settings stand behind the name: " + filepath.Join(foreign, "iris.parquet") + ":target=COLUMN",
		"null.parquet":           "got null, want a value",
		"objects.npy":            "objects.npy",
		"digits.npz:one-hut":     `want KEY=VALUE`,
		"digits.npz:onehot=true": `did you mean "one_hot"?`,
	} {
		got := in(t, t.TempDir(), "train", "--data", filepath.Join(foreign, data))
		if got.code == 0 || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: got %d, %s\nwant %s", data, got.code, got.stderr, want)
		}
	}
}

// Numbers are standardised for the network and told in the units of the file: also those
// of another file, by the means and deviations of the run.
func TestUnits(t *testing.T) {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 1))
	table, rows := "size,age,price\n", ""
	for i := range 400 {
		size, age := 50+100*rng.Float64(), 80*rng.Float64()
		row := fmt.Sprintf("%.2f,%.2f,%.0f\n", size, age, 100_000+2000*size-500*age)
		if i < 360 {
			table += row
		} else {
			rows += row
		}
	}
	writeFile(t, filepath.Join(dir, "houses.csv"), []byte(table))
	writeFile(t, filepath.Join(dir, "new.csv"), []byte("size,age,price\n"+rows))
	if got := in(t, dir, strings.Fields("train --data houses.csv:target=price,task=regression --rule pc --lr 0.01 --epochs 15 --out run")...); got.code != 0 {
		t.Fatal(got.stderr)
	}
	var score struct {
		Samples int     `json:"samples"`
		R2      float64 `json:"test_r2"`
		RMSE    float64 `json:"test_rmse"`
	}
	got := in(t, dir, "evaluate", "--out", "run", "--data", "new.csv:target=price,task=regression", "--json")
	if err := json.Unmarshal([]byte(got.stdout), &score); err != nil {
		t.Fatalf("%v: %s%s", err, got.stdout, got.stderr)
	}
	if score.Samples != 40 || score.R2 < 0.97 || score.RMSE < 100 || score.RMSE > 12_000 {
		t.Errorf("on another file: got %+v, want 40 samples and an error in its units", score)
	}
	var answer struct {
		Nodes map[string][][]float64 `json:"nodes"`
	}
	got = in(t, dir, "query", "--out", "run", "--clamp", "x=100,40", "--json")
	if err := json.Unmarshal([]byte(got.stdout), &answer); err != nil {
		t.Fatalf("%v: %s%s", err, got.stdout, got.stderr)
	}
	if y := answer.Nodes["y"][0][0]; math.Abs(y-280_000) > 12_000 {
		t.Errorf("the price of 100 at 40 years, got %g, want about 280000", y)
	}
	got = in(t, dir, "query", "--out", "run", "--clamp", "y=280000", "--read", "x,y", "--json")
	if err := json.Unmarshal([]byte(got.stdout), &answer); err != nil {
		t.Fatalf("%v: %s%s", err, got.stdout, got.stderr)
	}
	if x, y := answer.Nodes["x"][0], answer.Nodes["y"][0][0]; x[0] < 60 || x[0] > 140 || x[1] < 0 || x[1] > 80 || math.Abs(y-280_000) > 1 {
		t.Errorf("what costs 280000, got %v of price %g, want numbers in the units of the file", x, y)
	}
	if got := in(t, dir, "query", "--out", "run", "--clamp", "x=100,40"); strings.Contains(got.stdout, "class") {
		t.Errorf("a regression has no classes, got %s", got.stdout)
	}
}
