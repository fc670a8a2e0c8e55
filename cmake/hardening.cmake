# Compiler and linker settings that make a memory error harder to exploit, for every program of the project. What an ELF
# file shows of them is checked by scripts/check_hardening.sh, the rest by reading the compile commands.
#
# The sanitizers find the same errors better and do not work with all of these, so their builds have none.

option(HEALER_HARDEN "Stack protector, fortified libc calls, zeroed variables, read-only relocations" ON)

if(HEALER_HARDEN AND NOT HEALER_SANITIZE)
  target_compile_options(healer_options INTERFACE -fstack-protector-strong -fstack-clash-protection
    -ftrivial-auto-var-init=zero)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # clang before 16 zeroes variables only when it is asked twice.
    target_compile_options(healer_options INTERFACE -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang)
  endif()
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i.86")
    target_compile_options(healer_options INTERFACE -fcf-protection=full)
  endif()
  # The fortified calls need an optimised build.
  target_compile_options(healer_options INTERFACE $<$<CONFIG:Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=3>)
  target_link_options(healer_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
