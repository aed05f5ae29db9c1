package lib

import "gatehouse/internal/csharp/types"

var dateTimeType = types.New(types.KindStruct, "System.DateTime")

func dateTicks(v val) int64 { return int64(v.Bits() & (1<<62 - 1)) }
