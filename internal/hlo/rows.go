package hlo

// TakeRows takes the rows of a table that ids, a vector of whole numbers, select.
func (s *Scope) TakeRows(table, ids Ref) Ref {
	t := table.as([]int{ids.Type.Shape[0], table.Type.Shape[1]})
	return s.statement(t, `"stablehlo.gather"(%s, %s) {dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, %d>, indices_are_sorted = false} : (%s, %s) -> %s`,
		table.Name, ids.Name, table.Type.Shape[1], table.Type, ids.Type, t)
}

// starts lists i and a zero for every other axis of an array, and their types.
func (s *Scope) starts(a, i Ref) (names, types string) {
	at := []Ref{i}
	for range a.Type.Shape[1:] {
		at = append(at, s.Like(i, 0))
	}
	return list(at)
}

// At is element i, a whole number, along the first axis of an array, without that axis.
func (s *Scope) At(a, i Ref) Ref {
	names, types := s.starts(a, i)
	one := append([]int{1}, a.Type.Shape[1:]...)
	t := a.as(one)
	r := s.statement(t, "stablehlo.dynamic_slice %s, %s, sizes = [%s] : (%s, %s) -> %s", a.Name, names, ints(one), a.Type, types, t)
	return s.Reshape(r, a.Type.Shape[1:])
}

// Put is an array with x as element i, a whole number, along the first axis.
func (s *Scope) Put(a, i, x Ref) Ref {
	names, types := s.starts(a, i)
	x = s.Reshape(x, append([]int{1}, a.Type.Shape[1:]...))
	return s.statement(a.Type, "stablehlo.dynamic_update_slice %s, %s, %s : (%s, %s, %s) -> %s", a.Name, x.Name, names, a.Type, x.Type, types, a.Type)
}
