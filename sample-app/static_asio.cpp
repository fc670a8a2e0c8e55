// Boost.Asio and Boost.Beast, compiled without TLS for the static program.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
