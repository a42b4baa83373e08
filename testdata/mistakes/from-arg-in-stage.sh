# An argument of before FROM is not there in the stage.
dockerfile 'ARG DIR=src' 'FROM scratch' 'COPY $DIR/app /'
mkdir src; touch src/app
cooper build .
