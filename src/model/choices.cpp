// How the large variants of the model are copied, moved and destroyed: see HEALER_CHOICE.
#include "base/choice.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/fact.hpp"
#include "model/notice.hpp"
#include "model/reason.hpp"
#include "model/record.hpp"

namespace healer {

HEALER_CHOICE_MEMBERS(Effect)
HEALER_CHOICE_MEMBERS(Event)
HEALER_CHOICE_MEMBERS(Fact)
HEALER_CHOICE_MEMBERS(Notice)
HEALER_CHOICE_MEMBERS(Reason)
HEALER_CHOICE_MEMBERS(Record)

}  // namespace healer
