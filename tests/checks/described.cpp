// descriptions_test.sh compiles this file once for each CASE.
#include <string>

#include "model/describe.hpp"

namespace healer {

struct Whole {
  struct Part {
    int number = 0;
  };
  static constexpr int limit = 3;
  std::string name;
  Part part;
  bool done = false;
  bool finished() const { return done; }
};
HEALER_DESCRIBE(Whole::Part, number);

#if CASE == 0
HEALER_DESCRIBE(Whole, name, part, done);
static_assert(member_count<Whole> == 3);
#elif CASE == 1  // a member is missing
HEALER_DESCRIBE(Whole, name, done);
#elif CASE == 2  // there is no such member
HEALER_DESCRIBE(Whole, name, part, finish);
#elif CASE == 3  // every member is missing
HEALER_DESCRIBE(Whole);
#elif CASE == 4  // a member is named twice
HEALER_DESCRIBE(Whole, name, name, done);
#elif CASE == 5  // an enum that does not count up from 0
BOOST_DEFINE_ENUM_CLASS(Bits, One = 1, Two = 2)
static_assert(enum_count<Bits> == 2);
#endif

}  // namespace healer
