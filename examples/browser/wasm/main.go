//go:build js && wasm

// Wasm is the part of the page in WebAssembly: a function for the worker of the page.
package main

import (
	"context"
	"syscall/js"

	"github.com/seed-be841da4/prospect/examples/browser/demo"
)

func main() {
	d, err := demo.New()
	if err != nil {
		js.Global().Call("prospectReady", err.Error())
		return
	}
	// prospect takes a request as JSON and returns the answer, or an Error.
	js.Global().Set("prospect", js.FuncOf(func(_ js.Value, args []js.Value) any {
		answer, err := d.Call(context.Background(), []byte(args[0].String()))
		if err != nil {
			return js.Global().Get("Error").New(err.Error())
		}
		return string(answer)
	}))
	js.Global().Call("prospectReady")
	select {} // the page ends it
}
