#include "model/incident.hpp"

namespace healer {

std::string alert_line(const FiringAlert& alert) {
  return alert.text.empty() || alert.text == alert.name ? alert.name : alert.name + ": " + alert.text;
}

}  // namespace healer
