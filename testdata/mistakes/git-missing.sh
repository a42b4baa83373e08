# A git repository that is not there.
cooper build "http://$CLOSED/app.git"
