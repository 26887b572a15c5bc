local big = 1234567890;
{
  apiVersion: 'example.com/v1', kind: 'Numbers', metadata: { name: 'numbers' },
  hidden:: 'not printed',
  spec: {
    int: 1, float: 0.1, whole: 1.0, exp: 1e6, big: big, bigger: 12345678901234567890, max: 9007199254740993, small: 1e-7, tiny: 1e-300,
    negative: -0, third: 1 / 3, sum: 0.1 + 0.2, power: std.pow(2, 60), large: 1e21, e20: 1e20, huge: 1e300,
    text: 'ä😀\u0007\u2028\n\t"', block: |||
      one
        two

      three
    |||, empty: '', nothing: null, bool: true, list: [], map: {},
    octal: '0644', on: 'on', date: '2026-11-24', format: '%05.2f %s %x %d' % [3.14159, 'a', 255, 1e6], verbatim: @'c:\d',
    slices: [1, 2, 3][1:], comprehension: { [k]: std.length(k) for k in ['a', 'bb'] }, self_: self.int, root: $.metadata.name,
  },
}
