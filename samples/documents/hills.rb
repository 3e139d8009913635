# The hills round the valley: their heights as bars, and what it takes to walk over all of them.
#
# None of these hills exists. A machine made up their names, their heights and the path.
# Run it with "ruby hills.rb"; it needs no gem. It prints a line for each hill, from the west to the
# east, and three about all of them.

# frozen_string_literal: true

PATH_KM = 16
KM_AN_HOUR = 5
METRES_A_MINUTE = 10

# A name, and a height in metres above the sea.
Hill = Struct.new(:name, :height) do
  # A mark for every whole hundred metres.
  def bar
    '#' * (height / 100)
  end

  def to_s
    format('%-12<name>s%4<height>d m  %<bar>s', name: name, height: height, bar: bar)
  end
end

# From the west to the east, in the order of the path.
HILLS = [
  Hill.new('Barrow Top', 386),
  Hill.new('Alder Rigg', 638),
  Hill.new('Ember Law', 701),
  Hill.new('Dun Fell', 273),
  Hill.new('Curlew Hill', 873)
].freeze

# How many metres the path goes up: what it goes down does not count.
def climb
  HILLS.each_cons(2).sum { |here, there| [0, there.height - here.height].max }
end

# How long the walk takes, by Naismith's rule: so much on the flat, so much upwards.
def minutes
  (PATH_KM * 60 / KM_AN_HOUR) + (climb / METRES_A_MINUTE)
end

# The mean height of the hills, in metres.
def mean
  HILLS.sum(&:height).fdiv(HILLS.size)
end

puts HILLS
highest = HILLS.max_by(&:height)
hours, rest = minutes.divmod(60)
puts "highest: #{highest.name}, #{highest.height} m"
puts format('mean: %.1f m', mean)
puts "climb: #{climb} m in #{hours} h #{rest} min"
