# Writes a source file with one defect planted in it:
#   cmake -DPLANT=plants/NAME.cmake -DSOURCE=src -DOUT=FILE -P plant.cmake
# The text to be replaced must occur exactly once, so that a plant fails when its source file changes.
include(${PLANT})
file(READ ${SOURCE}/${file} text)
string(FIND "${text}" "${from}" first)
string(FIND "${text}" "${from}" last REVERSE)
if(first EQUAL -1 OR NOT first EQUAL last)
  message(FATAL_ERROR "${PLANT}: its text does not occur exactly once in ${file}")
endif()
string(REPLACE "${from}" "${to}" text "${text}")
file(WRITE ${OUT} "${text}")
