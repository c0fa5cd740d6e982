package main

import (
	"image"
	"strconv"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/plot"
)

// glyphs draws samples of the embedded data set, a column for each digit.
func glyphs() (picture, error) {
	const each = 5
	data, err := datasets.Load("glyphs", datasets.LoadSettings{Seed: 1, Train: 400, Test: 10, Normalization: &datasets.Normalization{}})
	if err != nil {
		return nil, err
	}
	s := plot.Sheet{Name: "glyphs", Side: 1.3, Pictures: make([][]image.Image, each)}
	for class := range 10 {
		s.Columns = append(s.Columns, strconv.Itoa(class))
	}
	found, x := make([]int, 10), make([]float32, 28*28)
	for i := range data.Train.Len() {
		label := data.Train.Label(i)
		if found[label] == each {
			continue
		}
		data.Train.Read(i, x)
		row := found[label]
		if s.Pictures[row] == nil {
			s.Pictures[row] = make([]image.Image, 10)
		}
		if s.Pictures[row][label], err = gray(x); err != nil {
			return nil, err
		}
		found[label]++
	}
	return s, nil
}

// gray is a sample of 28 by 28 as a picture.
func gray(x []float32) (image.Image, error) {
	values := make([]float64, len(x))
	for i, v := range x {
		values[i] = float64(v)
	}
	return plot.Pixels(values, 28)
}
