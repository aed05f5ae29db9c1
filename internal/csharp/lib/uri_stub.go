package lib

import "gatehouse/internal/csharp/types"

var uriType = types.New(types.KindClass, "System.Uri")

func newURI(c call, s string, kind int) val { return str(s) }
func uriStub(r *types.Registry)             { r.Add(uriType) }
