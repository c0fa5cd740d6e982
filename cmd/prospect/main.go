// Command prospect trains and evaluates predictive-coding networks.
//
//	prospect train                            a demonstration of about half a minute
//	prospect train --data fashion-mnist --rule pc --epochs 5
//	prospect train --out DIR --resume         go on where a run stopped
//	prospect train --data house.csv:target=price
//	prospect sweep --rule pc,bp --lr 0.001,0.003,0.01 --seed 1..5
//	prospect plot DIR
//	prospect report DIR
//	prospect evaluate --out DIR
//	prospect query --out DIR --clamp y=0..9 --read x --png digits.png
//	prospect kinds
//	prospect model list
//	prospect model show resnet18 --data cifar-10 --toml
//	prospect reproduce list
//	prospect reproduce fig4b --preset quick
//	prospect data list
//	prospect data get fashion-mnist
//
// Results go to standard output, progress and messages to standard error. Every
// error is one line, "prospect: ...", and the exit code is 1, or 2 for a command
// line that cannot be right, or 130 after an interrupt.
package main

import (
	"github.com/seed-be841da4/prospect/cli"
	"github.com/seed-be841da4/prospect/kinds"
)

func main() { cli.Main(kinds.Standard()) }
